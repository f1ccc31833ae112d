//! A person at a terminal, in a real browser.

use hannun::models::actor::{Role, Scope};
use thirtyfour::prelude::*;

use super::Stage;
use crate::browser::people::sign_in;
use crate::harness::browser::{Browser, Window};

/// What the terminal that is seen shows, as text.
const SHOWN: &str = "const term = document.querySelector('terminal-view:not([hidden])').term, lines = [];
    for (let at = 0; at < term.buffer.active.length; at++) lines.push(term.buffer.active.getLine(at).translateToString(true));
    const shown = lines.join('\\n');";

/// A browser in which an operator stands at the page with terminals, and what it looks at; notes why `test` cannot have them.
pub(super) async fn at_the_page(test: &str) -> Option<(Browser, Stage)> {
    let (browser, stage) = (Browser::start(test).await?, Stage::set(test).await?);
    stage.app.user("jiwon", Role::Operator, Scope::All).await;
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &stage.origin, "jiwon").await;
    browser.driver.goto(format!("{}/servers/web-1/terminal", stage.origin)).await.unwrap();
    Some((browser, stage))
}

pub(super) fn shows(text: &str) -> String {
    format!("{SHOWN} return shown.includes({});", serde_json::to_string(text).unwrap())
}

pub(super) async fn type_in(browser: &Browser, text: &str) {
    let field = browser.driver.find(By::Css("terminal-view:not([hidden]) textarea")).await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// Clicks a link with this address that a program showed.
async fn activate(browser: &Browser, address: &str) {
    let script = format!(
        "document.querySelector('terminal-view:not([hidden])').term.options.linkHandler.activate(null, '{address}')"
    );
    browser.driver.execute(script, vec![]).await.unwrap();
}

async fn paste(browser: &Browser, text: &str) {
    let script = format!(
        "const data = new DataTransfer(); data.setData('text/plain', {});
         document.querySelector('terminal-view:not([hidden]) textarea')
           .dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }}));",
        serde_json::to_string(text).unwrap()
    );
    browser.driver.execute(script, vec![]).await.unwrap();
}

#[actix_web::test]
async fn a_person_works_in_a_terminal_comes_back_to_it_and_plays_it_again() {
    let test = "a_person_works_in_a_terminal_comes_back_to_it_and_plays_it_again";
    let Some((browser, stage)) = at_the_page(test).await else { return };
    let page = format!("{}/servers/web-1/terminal", stage.origin);
    browser.all_is_well("no terminal yet").await;
    browser.keep_picture("terminal-none").await;
    browser.click(".term-open button").await;
    browser.wait_until("the prompt", &shows("> ")).await;
    // Korean is typed as it is composed, and takes two cells.
    type_in(&browser, "printf '한글 %s\\n' 'wide'; printf '\\033[31mred\\033[0m\\n'; stty size\n").await;
    browser.wait_until("what it printed", &shows("\n한글 wide")).await;
    let width = format!(
        "{SHOWN} const row = lines.findIndex((line) => line.startsWith('한글 wide'));
         return term.buffer.active.getLine(row).getCell(0).getWidth() === 2;"
    );
    browser.wait_until("two cells", &width).await;
    let size = format!("{SHOWN} return shown.includes(`${{term.rows}} ${{term.cols}}`) && term.cols > 80;");
    browser.wait_until("the size of the window", &size).await;
    let red = "return [...document.querySelectorAll('terminal-view .xterm-rows span')]
        .some((part) => part.textContent === 'red' && getComputedStyle(part).color !== getComputedStyle(part.parentElement).color)";
    browser.wait_until("colours, under our policy", red).await;
    browser.all_is_well("a terminal").await;
    browser.keep_picture("terminal").await;

    // The page is loaded anew: the shell is the same, and what it asked before is not answered again.
    // The answers are read where they were asked for: at the next prompt they would be a part of the command.
    let asks = "mark=kept; printf '\\033[c\\033[6n'; stty -echo -icanon min 0 time 30; cat >/dev/null; stty sane; echo drai''ned\n";
    type_in(&browser, asks).await;
    browser.wait_until("the answers are read", &shows("drained")).await;
    type_in(&browser, "clear; echo af''ter\n").await;
    browser.wait_until("a clear screen", &format!("{SHOWN} return /(^|\\n)after/.test(shown);")).await;
    browser.driver.refresh().await.unwrap();
    browser.wait_until("what it showed", &shows("after")).await;
    type_in(&browser, "echo $mark-\n").await;
    browser.wait_until("the same shell", &shows("\nkept-")).await;

    // A second tab is a shell of its own.
    browser.click(".term-open button").await;
    browser.wait_until("two tabs", "return document.querySelectorAll('[role=tab]').length === 2").await;
    browser.wait_until("its prompt", &shows("> ")).await;
    type_in(&browser, "echo [$mark]\n").await;
    browser.wait_until("another shell", &shows("\n[]")).await;
    browser.all_is_well("two terminals").await;
    browser.click("[role=tab]").await;
    browser.wait_until("the first one", &shows("kept-")).await;

    // Found again.
    browser.click("terminal-view:not([hidden]) [data-act=find]").await;
    browser.type_into("terminal-view:not([hidden]) [data-find] input", "kept-").await;
    browser.press("\u{e007}").await;
    browser.wait_until("what was looked for", &format!("{SHOWN} return term.getSelection() === 'kept-'")).await;
    browser.click("terminal-view:not([hidden]) [data-act=unfind]").await;

    for (look, window, dark) in [("dark", Window::Desk, true), ("390", Window::Phone, false)] {
        browser.look(window, dark).await;
        browser.all_is_well(look).await;
        browser.keep_picture(&format!("terminal-{look}")).await;
    }
    browser.look(Window::Desk, false).await;
    type_in(&browser, "exit\n").await;
    let over =
        "return document.querySelector('terminal-view:not([hidden]) [data-note]').textContent.includes('status 0')";
    browser.wait_until("its end", over).await;
    browser.all_is_well("a terminal that ended").await;

    browser.driver.goto(format!("{page}/recordings")).await.unwrap();
    browser.all_is_well("the recordings").await;
    browser.keep_picture("terminal-recordings").await;
    // The first one, which is below the one that is open.
    browser.click("tbody tr:last-child a").await;
    let played = "const term = document.querySelector('terminal-replay')?.term;
        if (!term) return false;
        const lines = [];
        for (let at = 0; at < term.buffer.active.length; at++) lines.push(term.buffer.active.getLine(at).translateToString(true));
        return lines.join('\\n').includes('kept-');";
    browser.wait_within(std::time::Duration::from_secs(40), "the recording, played", played).await;
    browser.all_is_well("a recording").await;
    browser.keep_picture("terminal-replay").await;
    browser.quit().await;
}

#[actix_web::test]
async fn sec_t03_what_is_pasted_is_asked_about_and_cannot_end_its_own_brackets() {
    let test = "sec_t03_what_is_pasted_is_asked_about_and_cannot_end_its_own_brackets";
    let Some((browser, _stage)) = at_the_page(test).await else { return };
    browser.click(".term-open button").await;
    browser.wait_until("the prompt", &shows("> ")).await;
    paste(&browser, "echo sin''gle").await;
    browser.wait_until("one line, at once", &shows("> echo sin''gle")).await;
    type_in(&browser, "\n").await;
    browser.wait_until("what it printed", &shows("\nsingle")).await;

    paste(&browser, "echo bad''one\necho bad''two").await;
    browser.wait_until("a question", "return document.getElementById('paste').open").await;
    assert_eq!(browser.text("#paste pre").await, "echo bad''one\necho bad''two");
    browser.all_is_well("the question").await;
    browser.keep_picture("terminal-paste").await;
    browser.click("#paste button[value='']").await;
    // `cat -v` shows what really arrives.
    type_in(&browser, "echo re''ady; cat -v\n").await;
    browser.wait_until("that it runs", &shows("\nready")).await;
    paste(&browser, "x\u{1b}[201~y\u{1b}[20\u{1b}[201~1~z\r\nend").await;
    browser.wait_until("a question", "return document.getElementById('paste').open").await;
    browser.click("#paste button[value=paste]").await;
    browser.wait_until("what arrived", &shows("\nx[201~y[20[201~1~z")).await;
    let harmless = format!("{SHOWN} return !shown.includes('badone') && !shown.includes('^[');");
    browser.wait_until("nothing of what was refused", &harmless).await;
    browser.quit().await;
}

#[actix_web::test]
async fn sec_t02_what_a_program_prints_changes_nothing_but_its_own_screen() {
    let test = "sec_t02_what_a_program_prints_changes_nothing_but_its_own_screen";
    let Some((browser, _stage)) = at_the_page(test).await else { return };
    let title = browser.driver.title().await.unwrap();
    browser.click(".term-open button").await;
    browser.wait_until("the prompt", &shows("> ")).await;
    let watch = "window.written = []; navigator.clipboard.writeText = async (text) => window.written.push(text);
        window.opened = []; window.open = (...words) => window.opened.push(words);
        const term = document.querySelector('terminal-view').term;
        window.typed = []; term.onData((text) => window.typed.push(text));";
    browser.driver.execute(watch, vec![]).await.unwrap();
    let corpus = [
        r"printf '\033]52;c;ZXZpbA==\007'",
        r"printf '\033]0;evil title\007\033]2;evil\033\\'",
        r"printf '\033]0;'; head -c 1048576 /dev/zero | tr '\0' A; printf '\007'",
        r"printf '\033]8;;javascript:alert(1)\033\\link\033]8;;\033\\'",
        r"printf '\033[99999999999;99999999999H\033[999999999@\033[3;0;0t\033[21t\033[20t'",
        r"printf '\033P+q544e\033\\\033P$qm\033\\'",
        r"printf '\302\233\033_evil\033\\\033^evil\033\\<img src=x onerror=alert(1)>'",
        // Noise, the same in every run, up to the sign that ends whatever it began.
        r"seq 40000 | gzip -n | head -c 80000; printf '\030'",
        r"printf '\033c'",
    ];
    for (number, line) in corpus.iter().enumerate() {
        type_in(&browser, &format!("{line}; echo; echo do''ne-{number}\n")).await;
        browser.wait_until(line, &shows(&format!("done-{number}"))).await;
    }
    // A link of a program's own leads nowhere but to the web, and nobody there before they saw its address.
    let link = "https://example.org/<b>";
    let is_open = "return document.getElementById('follow-link').open";
    activate(&browser, "javascript:alert(1)").await;
    let opened: bool = browser.driver.execute(is_open, vec![]).await.unwrap().convert().unwrap();
    assert!(!opened, "a script is no address");
    activate(&browser, link).await;
    browser.wait_until("a question", is_open).await;
    assert_eq!(browser.text("#follow-link pre").await, link);
    browser.click("#follow-link button[value='']").await;
    browser.wait_until("no question", "return !document.getElementById('follow-link').open").await;
    let untouched: Vec<serde_json::Value> = browser
        .driver
        .execute("return [...window.written, ...window.opened]", vec![])
        .await
        .unwrap()
        .convert()
        .unwrap();
    assert!(untouched.is_empty(), "{untouched:?}");
    activate(&browser, link).await;
    browser.click("#follow-link button[value=follow]").await;
    let followed = format!("return window.opened.length === 1 && window.opened[0][0] === '{link}'");
    browser.wait_until("the page that it leads to", &followed).await;
    assert_eq!(browser.driver.title().await.unwrap(), title);
    // Nothing is typed but what the person typed: no title, no contents of a string, no settings.
    let mut typed: String =
        browser.driver.execute("return window.typed.join('')", vec![]).await.unwrap().convert().unwrap();
    for (number, line) in corpus.iter().enumerate() {
        typed = typed.replacen(&format!("{line}; echo; echo do''ne-{number}\r"), "", 1);
    }
    assert_eq!(typed, "", "answers that nobody gave");
    browser.all_is_well("a terminal after the worst").await;
    browser.quit().await;
}
