//! Packages as a person brings them: what happens to a file on its way.

use serde_json::json;

use super::set_up;
use crate::harness::browser::{Browser, Window};
use crate::harness::running::Running;

#[tokio::test]
async fn a_package_whose_upload_is_cut_stays_in_the_list_with_the_reason() {
    let test = "a_package_whose_upload_is_cut_stays_in_the_list_with_the_reason";
    let (Some(hannun), Some(browser)) = (Running::demo(test), Browser::start(test).await) else { return };
    browser.look(Window::Desk, false).await;
    set_up(&browser, &hannun).await;
    browser.driver.goto(format!("{}/servers/this-machine/packages", hannun.origin)).await.unwrap();
    browser.wait_until("a place for packages", "return !!document.querySelector('package-drop form')").await;
    let conditions = json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser.cdp("Network.enable", json!({})).await;
    browser.cdp("Network.emulateNetworkConditions", conditions).await;
    let drop = "const files = new DataTransfer();
        files.items.add(new File(['some bytes'], 'tool.rpm'));
        document.querySelector('package-drop form').dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));";
    browser.driver.execute(drop, vec![]).await.unwrap();
    let told = "const row = document.querySelector('package-drop .coming li');
        return row?.textContent.includes('tool.rpm') && row.textContent.includes('Send it again') && !row.querySelector('progress')";
    browser.wait_until("the reason beside the file", told).await;
    browser.quit().await;
}
