//! Servers that a person starred.

use hannun::models::server_states::ServerState;
use hannun::models::servers::NewServer;

use crate::harness::app::TestApp;
use crate::harness::client::Client;

#[actix_web::test]
async fn a_favourite_is_offered_first_to_who_starred_it_and_to_nobody_else() {
    let app = TestApp::start().await;
    let now = app.database.now();
    for name in ["web-1", "web-2"] {
        let insert = move |connection: &mut hannun::db::Connection| {
            let server = NewServer::new(name, "192.0.2.10").insert(connection)?;
            ServerState::up(connection, server.id, now)
        };
        app.app.db.run(insert).await.unwrap();
    }
    let (viewer, operator) = (app.viewer().await, app.operator().await);
    let headings = async |client: &Client, path: &str| client.get(path).await.ok().texts("li[role=presentation]");
    let stars = [("favourite", "on")];
    viewer.hx().post("/servers/web-2/favourite", stars).await.toast("web-2 is a favourite");
    viewer.hx().post("/servers/web-2/favourite", stars).await.toast("web-2 is a favourite");
    for path in ["/servers/options", "/jump"] {
        let page = viewer.get(path).await.ok();
        let first = page.texts("li[role=presentation]");
        assert!(first.contains(&"Favourites".to_owned()), "{path}: {first:?}");
        assert_eq!(page.attributes("button[data-on]", "hx-post"), ["/servers/web-2/favourite"], "{path}");
        assert!(!headings(&operator, path).await.contains(&"Favourites".to_owned()), "{path}");
    }
    assert_eq!(viewer.post("/servers/web-9/favourite", stars).await.status, 404);
    assert_eq!(viewer.post("/servers/web-1/favourite", [("favourite", "perhaps")]).await.status, 422);
    let off = [("favourite", "off")];
    viewer.hx().post("/servers/web-2/favourite", off).await.toast("web-2 is no favourite any more");
    assert!(!headings(&viewer, "/servers/options").await.contains(&"Favourites".to_owned()));
}
