//! Many who sign in at once (A02), and what an unknown name costs (A03).

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use hannun::models::actor::{Role, Scope};

use crate::harness::alone::{alone, forget_peak, peak, processor_time, resident};
use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::Reply;

const SIGN_INS: usize = 200;

#[actix_web::test]
async fn sec_a02_two_hundred_sign_ins_at_once_take_little_memory_and_leave_room_for_others() {
    const TEST: &str =
        "web::sign_in_load::sec_a02_two_hundred_sign_ins_at_once_take_little_memory_and_leave_room_for_others";
    if alone(TEST).is_some() {
        return;
    }
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let browsers: Vec<_> = (0..SIGN_INS).map(|_| app.browser()).collect();
    for browser in &browsers {
        browser.token().await;
    }
    let form = [("name", "jiwon"), ("password", PASSWORD)];
    browsers[0].post("/sign-in", form).await.leads_to("/"); // what is made once is not growth
    let before = resident();
    forget_peak();

    let is_over = Cell::new(false);
    let storm = async {
        let sign_ins = browsers.iter().skip(1).map(|browser| timed(browser.post("/sign-in", form)));
        let answered: Vec<(Reply, Duration)> = join_all(sign_ins).await;
        is_over.set(true);
        answered.into_iter().unzip()
    };
    let beside = async {
        let mut took = Vec::new();
        while !is_over.get() {
            let (reply, time) = timed(app.browser().get("/healthz")).await;
            assert_eq!(reply.status, 200);
            took.push(time);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        took
    };
    let ((replies, mut waits), mut healthz): ((Vec<Reply>, Vec<Duration>), _) = join(storm, beside).await;
    waits.sort_unstable();
    healthz.sort_unstable();
    let (slowest, usual) = (healthz[healthz.len() * 99 / 100], waits[waits.len() / 2]);
    assert!(slowest < usual, "of {} looks at /healthz 99 % took {slowest:?}, a sign-in {usual:?}", healthz.len());

    let grown = peak().saturating_sub(before) >> 20;
    assert!(grown < 80, "{grown} MiB more");
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!(count(303) + count(503), SIGN_INS - 1, "{:?}", replies.iter().map(|r| r.status).collect::<Vec<_>>());
    assert!(count(303) > 0, "some get in");
    for refused in replies.iter().filter(|reply| reply.status == 503) {
        assert_eq!(refused.header("Retry-After"), Some("5"));
    }
    // The storm is over: the next one gets in at once.
    app.browser().post("/sign-in", form).await.leads_to("/");
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    (work.await, began.elapsed())
}

/// Wrong passwords for a name that exists and for one that does not, and what they cost.
#[actix_web::test]
async fn sec_a03_an_unknown_name_costs_the_same_and_is_answered_the_same() {
    const TEST: &str = "web::sign_in_load::sec_a03_an_unknown_name_costs_the_same_and_is_answered_the_same";
    const TRIES: usize = 20;
    if alone(TEST).is_some() {
        return;
    }
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let disabled = app.user("minho", Role::Viewer, Scope::All).await;
    app.administrator().await; // somebody must stay
    let now = app.database.now();
    app.app.db.run(move |connection| disabled.disable(connection, now)).await.unwrap();

    let names = ["jiwon", "minsu", "minho"];
    let mut spent: [Vec<Duration>; 3] = Default::default();
    let mut answers = Vec::new();
    for _ in 0..TRIES {
        for (name, spent) in names.iter().zip(&mut spent) {
            let browser = app.browser();
            browser.token().await;
            let before = processor_time();
            let reply = browser.post("/sign-in", [("name", *name), ("password", "wrong")]).await;
            spent.push(processor_time().saturating_sub(before));
            let without_token = |body: &str| body.replace(&*browser_token(body), "").replace(name, "");
            answers.push((reply.status, without_token(&reply.body)));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{:#?}", &answers[..3]);
    // The usual try: what this process does now and then beside it is not what a name costs.
    let usual = spent.map(|mut tries| {
        tries.sort_unstable();
        tries[TRIES / 2].as_secs_f64()
    });
    let [known, unknown, disabled] = usual;
    for other in [unknown, disabled] {
        let apart = (known - other).abs() / known;
        assert!(apart < 0.2, "processor seconds for known, unknown, disabled: {usual:?}");
    }
}

/// The token of a page: each browser has another.
fn browser_token(body: &str) -> String {
    let (_, after) = body.split_once("X-CSRF-Token").unwrap();
    after.trim_start_matches(|c: char| !c.is_ascii_hexdigit()).chars().take_while(char::is_ascii_alphanumeric).collect()
}
