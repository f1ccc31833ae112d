//! The product under test: every route and middleware, a database of its own, a clock that stands still.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::Service as _;
use actix_web::test::{self, TestRequest};
use actix_web::web;
use bytes::{Bytes, BytesMut};
use chrono::{TimeDelta, Utc};
use hannun::app::App;
use hannun::config::{Config, Rate};
use hannun::installations::artifact_store::ArtifactStore;
use hannun::ip_lookup::{Databases, Lookups};
use hannun::metrics::directories::Measurements;
use hannun::metrics::live::Live;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::audit::{AuditEvent, AuditFilter};
use hannun::models::data_keys::DataKey;
use hannun::models::password::PasswordHasher;
use hannun::models::sessions::NewSession;
use hannun::models::users::{NewUser, User};
use hannun::outbound::Outbound;
use hannun::remote::Pool;
use hannun::remote::hosts::Hosts;
use hannun::routes;
use hannun::secret::SecretText;
use hannun::secret::password::{self, PasswordHash, Workspace};
use hannun::terminals::Terminals;
use hannun::web::router::Route;
use hannun::web::server;
use hannun::web::site::Site;

use super::client::{Client, Reply};
use super::database::TestDatabase;

/// The password of everybody whom the harness makes.
pub(crate) const PASSWORD: &str = "tuesday rain in april";

/// Its hash, made once: each costs a tenth of a second.
static HASH: LazyLock<PasswordHash> =
    LazyLock::new(|| password::hash(&SecretText::new(PASSWORD.to_owned()), &mut Workspace::default()).unwrap());

/// The clock of a test stands still, so nobody would ever be let in again.
const UNLIMITED: Rate = Rate { per_second: 1_000_000, burst: 1_000_000 };

/// As the product has it.
const PATIENCE: Duration = Duration::from_secs(4);

/// A request with this header reads a stream to its end.
pub(crate) const TO_THE_END: &str = "X-Read-To-The-End";

type Service = Rc<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Reply>>>>;

/// The running product.
pub(crate) struct TestApp {
    /// What handlers get.
    pub(crate) app: App,
    /// Its database.
    pub(crate) database: TestDatabase,
    service: Service,
    site: Site,
    count: Cell<u32>,
    _folder: tempfile::TempDir,
}

impl TestApp {
    /// The product with its usual settings: plain HTTP on loopback.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}, Vec::new()).await
    }

    /// The product with other settings.
    pub(crate) async fn with_config(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(change, Vec::new()).await
    }

    /// The product with routes besides its own.
    pub(crate) async fn with_routes(more: Vec<Route>) -> Self {
        Self::with(|_| {}, more).await
    }

    /// The product with a handler that no route table knows.
    pub(crate) async fn with_undeclared(path: &str) -> Self {
        Self::over(TestDatabase::new(), |_| {}, Vec::new(), Some(path)).await
    }

    /// The product with other settings and routes besides its own.
    pub(crate) async fn with(change: impl FnOnce(&mut Config), more: Vec<Route>) -> Self {
        Self::over(TestDatabase::new(), change, more, None).await
    }

    /// The product over this database.
    pub(crate) async fn over(
        database: TestDatabase,
        change: impl FnOnce(&mut Config),
        more: Vec<Route>,
        undeclared: Option<&str>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path().to_owned());
        config.requests.per_session = UNLIMITED;
        config.requests.per_address = UNLIMITED;
        // Disks of test machines may be small, and nearly full.
        (config.uploads.spare, config.uploads.spare_percent) = (64 << 20, 0);
        // Nobody outside is asked anything by a test.
        config.outbound.reverse_names = false;
        change(&mut config);
        let key = config.secret_key_path();
        let sealer = database.db.run(move |connection| DataKey::open_sealer(connection, &key)).await.unwrap();
        let (sealer, clock) = (Arc::new(sealer), database.clock.clone());
        let pool = Pool::new(config.remote.clone(), clock.clone()).unwrap();
        let patience = config.remote.command_timeout;
        let hosts = Hosts::new(database.db.clone(), Arc::clone(&sealer), pool, clock.clone(), patience);
        let terminals = Terminals::new(database.db.clone(), hosts.clone(), Arc::clone(&sealer), clock.clone()).unwrap();
        let outbound = Outbound::new(config.outbound.clone()).unwrap();
        let app = App {
            lookups: Lookups::new(&outbound, &clock),
            outbound,
            hosts,
            terminals,
            live: Live::default(),
            artifacts: ArtifactStore::in_folder(&config.data_dir).within(config.uploads),
            measurements: Measurements::default(),
            addresses: Databases::open(&config.ip_databases),
            config: Arc::new(config),
            clock,
            db: database.db.within(PATIENCE),
            sealer,
            passwords: PasswordHasher::default(),
        };
        let mut table = routes::all();
        table.extend(more);
        let site = Site::new(app.clone(), routes::menu(), table);
        let service = in_process(site.clone(), undeclared).await;
        Self { app, database, service, site, count: Cell::new(0), _folder: folder }
    }

    /// A browser that nobody has signed in with, at an address of its own.
    pub(crate) fn browser(&self) -> Client {
        let number = self.count.get() + 1;
        self.count.set(number);
        let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
        let address = SocketAddr::from(([198, 18, high, low], 40_000));
        Client::new(Rc::clone(&self.service), address, self.app.config.https())
    }

    /// Somebody who may look, signed in.
    pub(crate) async fn viewer(&self) -> Client {
        self.signed_in("viewer", Role::Viewer, Scope::All).await
    }

    /// Somebody who may change servers, signed in.
    pub(crate) async fn operator(&self) -> Client {
        self.signed_in("operator", Role::Operator, Scope::All).await
    }

    /// Somebody who may change what hannun knows, signed in.
    pub(crate) async fn administrator(&self) -> Client {
        self.signed_in("administrator", Role::Administrator, Scope::All).await
    }

    /// A person with this name, role and scope (made if there is none yet), signed in with a browser of their own.
    pub(crate) async fn signed_in(&self, name: &str, role: Role, scope: Scope) -> Client {
        self.signed_in_with(name, Rights::new(role, scope)).await
    }

    /// A browser signed in as somebody with these rights.
    pub(crate) async fn signed_in_with(&self, name: &str, rights: Rights) -> Client {
        let (browser, user) = (self.browser(), self.user_with(name, rights).await);
        let (address, now) = (browser.address().ip(), self.database.now());
        let (id, _) = self
            .app
            .db
            .run(move |connection| NewSession { user_id: user.id, address, user_agent: "test" }.begin(connection, now))
            .await
            .unwrap();
        browser.set_cookie(if self.app.config.https() { "__Host-sid" } else { "sid" }, id.expose());
        browser
    }

    /// A person with this name, role and scope; their password is [`PASSWORD`].
    pub(crate) async fn user(&self, name: &str, role: Role, scope: Scope) -> User {
        self.user_with(name, Rights::new(role, scope)).await
    }

    async fn user_with(&self, name: &str, rights: Rights) -> User {
        let name = name.to_owned();
        self.app
            .db
            .run(move |connection| match User::by_name(connection, &name)? {
                Some(user) => Ok(user),
                None => NewUser { name: &name, password_hash: &HASH, rights }.insert(connection),
            })
            .await
            .unwrap()
    }

    /// Answers on a loopback port too, for a real browser; gives the address. Ends with the test's runtime.
    pub(crate) fn listen(&self) -> String {
        let (server, address) = server::listen(self.site.clone(), ([127, 0, 0, 1], 0).into(), 1).unwrap();
        tokio::spawn(server);
        format!("http://{address}")
    }

    /// Another process of hannun over the same database, on another loopback port.
    pub(crate) fn listen_as_another_process(&self) -> String {
        let (own, clock) = (&self.app, self.app.clock.clone());
        let pool = Pool::new(own.config.remote.clone(), clock.clone()).unwrap();
        let patience = own.config.remote.command_timeout;
        let (db, sealer) = (self.database.db.clone(), Arc::clone(&own.sealer));
        let hosts = Hosts::new(db.clone(), Arc::clone(&sealer), pool, clock.clone(), patience);
        let terminals = Terminals::new(db, hosts.clone(), sealer, clock).unwrap();
        let app = App { hosts, terminals, live: Live::default(), ..own.clone() };
        let site = Site::new(app, routes::menu(), routes::all());
        let (server, address) = server::listen(site, ([127, 0, 0, 1], 0).into(), 1).unwrap();
        tokio::spawn(server);
        format!("http://{address}")
    }

    /// What the audit log tells, the newest first; no more than 100 of it.
    pub(crate) async fn audit(&self) -> Vec<AuditEvent> {
        self.app.db.run(|connection| AuditEvent::latest(connection, &AuditFilter::default(), 100)).await.unwrap()
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.database.clock.advance(by);
    }

    /// Moves the clock to the time of this machine: servers that are real tell of nothing else.
    pub(crate) fn catch_up(&self) {
        self.advance(Utc::now() - self.database.now());
    }
}

/// The site as a function from request to answer.
async fn in_process(site: Site, undeclared: Option<&str>) -> Service {
    let site = site.service().configure(|services| {
        if let Some(path) = undeclared {
            services.route(path, web::to(async || "reached"));
        }
    });
    let service = Rc::new(test::init_service(site).await);
    Rc::new(move |request: TestRequest| {
        let service = Rc::clone(&service);
        Box::pin(async move {
            let request = request.to_request();
            let to_the_end = request.headers().contains_key(TO_THE_END);
            let answer = service.call(request).await.unwrap_or_else(|error| panic!("no answer, but {error}"));
            let (_, answer) = answer.into_parts();
            let (status, headers) = (answer.status(), answer.headers().clone());
            let is_stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
            let mut body = pin!(answer.into_body());
            let body = if is_stream && !to_the_end {
                // A stream has no end while its reader may read it: its first event is enough.
                poll_fn(|cx| body.as_mut().poll_next(cx)).await.map_or_else(Bytes::new, Result::unwrap_or_default)
            } else {
                let mut read = BytesMut::new();
                while let Some(part) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
                    read.extend_from_slice(&part.unwrap_or_else(|_| panic!("the body broke off")));
                }
                read.freeze()
            };
            Reply::new(status, headers, &body)
        })
    })
}
