//! A person installs a package by its name and one from a file, in a real browser, on a real system of rpm.

use hannun::models::actor::{Role, Scope};
use thirtyfour::prelude::*;

use super::Stage;
use crate::browser::people::sign_in;
use crate::harness::browser::{Browser, Window};
use crate::harness::hosts::{Kind, TestHost};

#[actix_web::test]
async fn a_person_installs_by_name_and_from_a_file_and_removes_again() {
    let test = "a_person_installs_by_name_and_from_a_file_and_removes_again";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    stage.app.user("jiwon", Role::Operator, Scope::All).await;
    let base = stage.app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    let page = format!("{base}/servers/web-1/packages");
    browser.driver.goto(&page).await.unwrap();
    let listed =
        |name: &str| format!("return document.querySelector('#packages tbody')?.textContent.includes('{name}')");
    browser.wait_until("the list", &listed("base")).await;
    browser.all_is_well("the packages").await;
    browser.keep_picture("packages").await;
    browser.look(Window::Desk, true).await;
    browser.keep_picture("packages-dark").await;
    browser.look(Window::Phone, false).await;
    browser.all_is_well("the packages on a phone").await;
    let above = "return document.querySelector('aside input[name=package]').getBoundingClientRect().top \
                 < document.querySelector('#packages').getBoundingClientRect().top";
    browser.wait_until("the way to install, before two hundred rows", above).await;
    browser.keep_picture("packages-390").await;
    browser.look(Window::Desk, false).await;

    let field = browser.driver.find(By::Css("aside input[name=package]")).await.unwrap();
    field.send_keys("needs-probe").await.unwrap();
    field.send_keys(Key::Enter).await.unwrap();
    browser
        .wait_until("the plan", "return document.querySelector('#plan button[type=submit]')?.textContent.includes('2')")
        .await;
    browser.all_is_well("the plan").await;
    browser.keep_picture("packages-plan").await;
    browser.click("#plan button[type=submit]").await;
    let ended = "return ['Done', 'Failed', 'Done, but not whole'].includes(document.querySelector('#run h2')?.textContent.trim())";
    browser.wait_until("its end", ended).await;
    assert_eq!(browser.text("#run h2").await.trim(), "Done", "{}", browser.text("#run").await);
    assert!(browser.text("#run log-tail").await.contains("needs-probe"));
    browser.all_is_well("the run").await;
    browser.keep_picture("packages-run").await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loose-scripts-1.0-1.noarch.rpm");
    let encoded = system.run("base64 -w0 /srv/repository/loose/loose-scripts-1.0-1.noarch.rpm");
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded.trim()).unwrap();
    std::fs::write(&file, bytes).unwrap();
    browser.driver.goto(&page).await.unwrap();
    let input = browser.driver.find(By::Css("package-drop input[type=file]")).await.unwrap();
    input.send_keys(file.to_str().unwrap()).await.unwrap();
    browser.wait_until("the file", "return document.querySelector('#files a.btn') !== null").await;
    browser.click("#files a.btn").await;
    browser.wait_until("its page", "return document.body.textContent.includes('after loose')").await;
    browser.all_is_well("the file's page").await;
    browser.keep_picture("packages-review").await;
    browser.click("input[name=unsigned]").await;
    browser.click("form[action$=installations] button[type=submit]").await;
    browser.wait_until("its end", ended).await;
    assert_eq!(browser.text("#run h2").await.trim(), "Done", "{}", browser.text("#run").await);
    assert_eq!(system.run("rpm -q loose-scripts"), "loose-scripts-1.0-1.noarch\n");

    browser.driver.goto(format!("{page}?q=loose-scripts")).await.unwrap();
    browser.wait_until("the row", &listed("loose-scripts")).await;
    browser.click("#packages tbody a").await;
    browser.wait_until("the plan", "return document.querySelector('#plan button[data-kind=final]') !== null").await;
    browser.click("#plan button[data-kind=final]").await;
    browser.wait_until("its end", ended).await;
    assert_eq!(system.run("rpm -q loose-scripts || true"), "package loose-scripts is not installed\n");
    browser.quit().await;
    stage.leave().await;
}
