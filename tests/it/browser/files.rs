//! Files of a server, as a person uses them: with hostile names, a log that grows, files that are dropped.

use std::io::Write;

use super::set_up;
use crate::harness::browser::{Browser, Window};
use crate::harness::running::Running;
use crate::harness::ssh::eventually;

const NAME: &str = "<img src=x onerror=alert(1)>.log";

#[tokio::test]
async fn a_person_follows_a_log_drops_a_file_renames_it_and_deletes_it() {
    let test = "a_person_follows_a_log_drops_a_file_renames_it_and_deletes_it";
    let (Some(hannun), Some(browser)) = (Running::demo(test), Browser::start(test).await) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(NAME), "first\n").unwrap();
    browser.look(Window::Desk, false).await;
    set_up(&browser, &hannun).await;
    browser.driver.goto(format!("{}/servers/this-machine", hannun.origin)).await.unwrap();
    browser.press("g").await;
    browser.press("f").await;
    browser.wait_until("the files", "return location.pathname === '/servers/this-machine/files'").await;
    let place = format!("{}/servers/this-machine/files?path={}", hannun.origin, folder.path().display());
    browser.driver.goto(&place).await.unwrap();
    browser.wait_until("the directory", "return !!document.querySelector('#dir-rows .key')").await;
    assert_eq!(browser.text("#dir-rows .file-name").await, NAME);

    browser.click("#dir-rows a.key").await;
    browser.wait_until("its text", "return document.querySelector('.drawer pre')?.textContent === 'first'").await;
    browser.all_is_well("files").await;
    browser.click(".drawer a[href*='follow=1']").await;
    let log = "return document.querySelector('file-tail .log')?.textContent.includes";
    browser.wait_until("its last lines", &format!("{log}('first')")).await;
    let mut file = std::fs::OpenOptions::new().append(true).open(folder.path().join(NAME)).unwrap();
    file.write_all(b"<b>second</b>\n").unwrap();
    browser.wait_until("what is added", &format!("{log}('<b>second</b>')")).await;
    // A log that is faster than anybody reads: what is shown stays bounded, and what is left out is said.
    let line = "x".repeat(99) + "\n";
    file.write_all(line.repeat(40_000).as_bytes()).unwrap();
    file.write_all(b"the end\n").unwrap();
    browser.wait_until("its end", &format!("{log}('the end')")).await;
    let bounded = "const log = document.querySelector('file-tail .log').textContent;
        return log.length < 4500 * 100 && log.includes('lines are left out')";
    browser.wait_until("a bounded log with its mark", bounded).await;
    browser.all_is_well("a followed file").await;

    browser.click(".drawer a[aria-label='Close']").await;
    browser.click("button[commandfor='upload']").await;
    let drop = "const files = new DataTransfer();
        files.items.add(new File(['dropped'], 'a b.txt'));
        document.querySelector('file-drop').dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));";
    browser.driver.execute(drop, vec![]).await.unwrap();
    let named = |name: &str| {
        format!(
            "return [...document.querySelectorAll('#dir-rows .file-name')].some((one) => one.textContent === '{name}')"
        )
    };
    browser.wait_until("the dropped file", &named("a b.txt")).await;
    assert_eq!(std::fs::read(folder.path().join("a b.txt")).unwrap(), b"dropped");

    let open =
        "[...document.querySelectorAll('#dir-rows a.key')].find((one) => one.textContent.includes('a b.txt')).click()";
    browser.driver.execute(open, vec![]).await.unwrap();
    browser.wait_until("its details", "return document.querySelector('.drawer h2')?.textContent === 'a b.txt'").await;
    browser.click("button[commandfor='rename']").await;
    browser.all_is_well("a dialog").await;
    browser.driver.execute("document.querySelector('#rename input[name=name]').value = 'c.txt'", vec![]).await.unwrap();
    browser.click("#rename button[type=submit]").await;
    browser.wait_until("its new name", "return document.querySelector('.drawer h2')?.textContent === 'c.txt'").await;
    browser.click("button[commandfor='delete']").await;
    browser.click("#delete button[type=submit]").await;
    browser.wait_until("that it is gone", "return !document.querySelector('.drawer')").await;
    assert!(!folder.path().join("c.txt").exists());

    // Cancelled on its way, nothing is left of it.
    browser.click("button[commandfor='upload']").await;
    let begin = "const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(200 << 20)], 'cancelled.bin'));
        const input = document.querySelector('#upload input[type=file]');
        input.files = files.files;
        input.form.requestSubmit();";
    browser.driver.execute(begin, vec![]).await.unwrap();
    browser.wait_until("how far it is", "return document.querySelector('#upload progress').value > 0").await;
    browser.click("#upload button[command='close']").await;
    let ended = "return document.querySelector('#upload progress').hidden && !document.querySelector('#upload').open";
    browser.wait_until("the end of it", ended).await;
    let uploaded = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    eventually("half a file is gone", || uploaded().all(|name| name == NAME)).await;

    for (window, dark) in [(Window::Phone, false), (Window::Desk, true)] {
        browser.look(window, dark).await;
        browser.driver.goto(format!("{place}&open=%3Cimg%20src=x%20onerror=alert(1)%3E.log")).await.unwrap();
        browser.wait_until("the open file", "return !!document.querySelector('.drawer h2')").await;
        browser.all_is_well("files, small or dark").await;
        browser.keep_picture(if dark { "files-dark" } else { "files-390" }).await;
    }
    browser.quit().await;
}
