//! What people and servers get wrong, walked through both doors: each gives one sentence that says what happened and what to
//! do, the same on the page and in the API; nothing hangs, and other servers go on.

mod answers;
mod console;
mod keys;
mod servers;

use hannun::models::actor::Role;
use hannun::models::actor::Scope;
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::servers::Server;
use hannun::remote::{Auth, Endpoint, describe_host_key};
use serde_json::{Value, json};

use crate::api::program::{Program, program};
use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::page::Page;

/// What happened, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    what: String,
    next_step: String,
}

/// A console with one server that something is wrong with, `web-1`, and one that is well, `good-1`.
struct Scene {
    app: TestApp,
    program: Program,
    operator: Client,
    administrator: Client,
}

impl Scene {
    /// Both servers are registered with the keys that their endpoints name.
    async fn of(bad: &Endpoint, good: &Endpoint) -> Self {
        let app = TestApp::start().await;
        let program = program(&app, Role::Administrator).await;
        let (operator, administrator) = (app.operator().await, app.administrator().await);
        let scene = Self { app, program, operator, administrator };
        scene.register("web-1", bad).await;
        scene.register("good-1", good).await;
        scene
    }

    async fn register(&self, name: &str, endpoint: &Endpoint) {
        let mut credential = json!({"name": name, "user_name": endpoint.user});
        match &endpoint.credential {
            Auth::Password(password) => credential["password"] = json!(password.expose()),
            Auth::PrivateKey { key, .. } => credential["private_key"] = json!(key.expose()),
        }
        self.program.post("/api/v1/credentials", credential).await.status(201);
        let server = json!({"name": name, "address": endpoint.address, "port": endpoint.port, "credential": name});
        self.program.post("/api/v1/servers", server).await.status(201);
        let (name, pins, now) = (name.to_owned(), endpoint.pins.clone(), self.app.database.now());
        let pin = move |connection: &mut hannun::db::Connection| {
            let server = Server::by_name(connection, &Scope::All, &name)?;
            for pin in &pins {
                let known = describe_host_key(&pin.public_key).unwrap();
                let (algorithm, public_key, fingerprint) = (&*known.algorithm, &*known.public_key, &*known.fingerprint);
                let key = GivenKey { algorithm, public_key, fingerprint };
                HostKey::pin(connection, server.id, &key, "the test", now)?;
            }
            Ok::<_, hannun::error::Error>(())
        };
        self.app.app.db.run(pin).await.unwrap();
    }

    /// What the page says where the processes of `web-1` should be.
    async fn on_the_page(&self) -> Said {
        let page = self.processes_region().await;
        Said { what: page.text("#processes .fail h3"), next_step: page.text("#processes .fail > p:last-child") }
    }

    async fn processes_region(&self) -> Page {
        self.operator.region("/servers/web-1", "processes").await
    }

    /// What the API says instead of the processes of `web-1`: status and problem.
    async fn in_the_api(&self) -> (Said, Value) {
        let reply = self.program.get("/api/v1/servers/web-1/processes").await;
        let problem = reply.status(502);
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        (Said { what: text("detail"), next_step: text("hint") }, problem)
    }

    /// The stage at which a connection test of the API stopped: its name, and what was said.
    async fn by_a_test(&self) -> (String, Said) {
        let report = self.program.post("/api/v1/servers/web-1/connection", json!({})).await.status(200);
        assert_eq!(report["ok"], false, "{report}");
        let stages = report["stages"].as_array().unwrap();
        let failed = stages.iter().find(|stage| stage["outcome"] == "failed").unwrap();
        let text = |name: &str| failed[name].as_str().unwrap_or_default().to_owned();
        (text("stage"), Said { what: text("detail"), next_step: text("hint") })
    }

    /// What the form of the admin area says when its connection is tested: the step that failed, and the next step.
    async fn by_the_form(&self) -> Said {
        let server = self.app.app.db.run(|connection| Server::by_name(connection, &Scope::All, "web-1")).await.unwrap();
        let path = format!("/admin/servers/{}", server.id);
        let form = self.administrator.get(&path).await.ok().form("#record");
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let block = self.administrator.hx().post(&format!("{path}/connection-tests"), form).await.ok();
        let failed = block.texts(".ladder li:has([data-state=crit], [data-state=warn])");
        Said { what: failed.join(" "), next_step: block.texts("p.mt, .approve h3").join(" ") }
    }

    /// What the page of a server that is known to be away says, once a test has found it so.
    async fn on_its_own_page(&self) -> Said {
        let page = self.operator.get("/servers/web-1").await.ok();
        Said { what: page.text(".verdict"), next_step: page.text(".hints li") }
    }

    /// The other server answers as if nothing were wrong.
    async fn others_go_on(&self) {
        let list = self.program.get("/api/v1/servers/good-1/filesystems").await.status(200);
        assert!(!list["items"].as_array().unwrap().is_empty(), "{list}");
    }

    /// Walks a server that cannot be asked through every door: the same sentence everywhere, and on the server's own page the
    /// one that leaves out its name.
    async fn walk(&self, stage: &str, without_name: &str) -> Said {
        let on_the_page = self.on_the_page().await;
        let (in_the_api, _) = self.in_the_api().await;
        assert_eq!(on_the_page, in_the_api);
        let (stopped_at, by_a_test) = self.by_a_test().await;
        assert_eq!((stopped_at.as_str(), &by_a_test), (stage, &on_the_page));
        let by_the_form = self.by_the_form().await;
        let waits_for_a_person = by_the_form.what.contains("Not known yet. Waiting for you");
        assert!(by_the_form.what.contains(&on_the_page.what) || waits_for_a_person, "{by_the_form:?}");
        // What the form asks about a key stands in the place of the advice.
        let asks = stage == "host-key" && by_the_form.next_step.contains("web-1");
        assert!(by_the_form.next_step == on_the_page.next_step || asks, "{by_the_form:?}");
        let own = self.on_its_own_page().await;
        assert!(own.what.ends_with(without_name), "{own:?}");
        assert_eq!(own.next_step, on_the_page.next_step);
        self.others_go_on().await;
        on_the_page
    }
}
