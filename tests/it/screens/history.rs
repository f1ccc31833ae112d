//! CPU, Memory and Disks over a span of time.

use chrono::TimeDelta;
use hannun::metrics::catalogue::Metric;
use hannun::models::consumer_readings::{Consumer, ConsumerReading, Consumers};
use hannun::models::servers::Server;

use super::{HOSTILE, add_server, answers, fails, measured, timed_out};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;

#[actix_web::test]
async fn the_cpu_screen_draws_the_machine_and_each_core() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    for (metric, device, value) in [
        (Metric::CpuUser, "", 20.0),
        (Metric::CpuTotal, "", 30.0),
        (Metric::CpuCore, "0", 40.0),
        (Metric::CpuCore, "1", 50.0),
    ] {
        measured(&app, server.id, metric, device, (3000, 0), value).await;
    }
    let page = app.viewer().await.get("/servers/web-1/cpu").await.ok();
    assert_eq!(page.heading(), "CPU web-1");
    assert_eq!(page.text("#chart-cpu .reading"), "30 %");
    assert_eq!(page.texts(".small-charts h3"), ["Core, 0", "Core, 1"]);
    assert!(!page.has("#chart-steal"), "a machine that loses nothing to a hypervisor has no chart of it");
    let table = page.table("#chart-cpu .chart-table table");
    assert_eq!(table.head, ["Time", "user", "system", "iowait"]);
    assert_eq!(table.rows[0][1..], ["20 %", "", ""], "what is not known is empty, not 0");
}

#[actix_web::test]
async fn a_zoom_is_an_address_of_its_own_and_answers_with_the_charts_alone() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    measured(&app, server.id, Metric::MemoryUsed, "", (3000, 0), 1e9).await;
    let viewer = app.viewer().await;
    let zoom = "/servers/web-1/memory?from=2026-06-15T11:20:00Z&to=2026-06-15T11:30:00Z";
    let charts = viewer.region(zoom, "charts").await;
    assert!(charts.has("#chart-memory .s1") && !charts.has("header.topbar"));
    assert_eq!(charts.attribute(".zoomed a", "href").as_deref(), Some("/servers/web-1/memory"));
    let page = viewer.get(zoom).await.ok();
    assert!(page.has(".zoomed") && page.has("header.topbar"));
    assert_eq!(page.texts("#chart-memory .x span")[0], "11:20");
}

#[actix_web::test]
async fn a_span_without_numbers_in_its_middle_shows_a_gap_and_no_bridge() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    measured(&app, server.id, Metric::MemoryPercent, "", (3000, 2000), 60.0).await;
    measured(&app, server.id, Metric::MemoryPercent, "", (1000, 0), 70.0).await;
    let page = app.viewer().await.get("/servers/web-1/memory?range=1h").await.ok();
    assert_eq!(page.texts("#chart-memory-percent .plot .gap").len(), 1);
    let path = page.attribute("#chart-memory-percent .s1", "d").unwrap();
    assert_eq!(path.matches('M').count(), 2, "{path}");
}

#[actix_web::test]
async fn a_filesystem_that_fills_up_says_when_it_will_be_full_and_one_that_does_not_is_flat() {
    let mounts = ["/srv", "/var", "/home", "/new"];
    let mounted = mounts.map(|mount| format!("/dev{mount} {mount} ext4 rw 0 0\n")).concat();
    let row = |mount: &str| format!("100000000000 60000000000 40500000000 1000 10 {mount}\n");
    let answer = format!(
        "@mounts\n{mounted}@df\n   1B-blocks        Used       Avail   Inodes  IUsed Mounted on\n{}",
        mounts.map(row).concat()
    );
    let host = FakeHost::start(Manner::default().when("echo @mounts", Act::answer(&answer, "", 0))).await;
    let app = TestApp::start().await;
    let tools = ("linux", &["df-output", "timeout"][..]);
    let server = known::add_with_platform(&app, "web-1", &host.endpoint(), tools).await;
    // Of each hour one measurement: a gigabyte an hour more, an eighth of one, nothing; of a new one nobody knows anything.
    for hour in 0_u8..10 {
        let (from, grown) = (i64::from(hour) * 3_600 + 300, f32::from(hour));
        measured(&app, server.id, Metric::FilesystemUsed, "/srv", (from, from), (60.0 - grown) * 1e9).await;
        measured(&app, server.id, Metric::FilesystemUsed, "/var", (from, from), (60.0 - grown / 8.0) * 1e9).await;
        measured(&app, server.id, Metric::FilesystemUsed, "/home", (from, from), 60e9).await;
    }
    let viewer = app.viewer().await;
    let page = viewer.region("/servers/web-1/disks", "filesystems").await;
    let table = page.table("#filesystems table");
    assert_eq!(table.head.last().unwrap(), "Full in");
    let told: Vec<(&str, &str)> =
        table.rows.iter().map(|row| (row[0].as_str(), row.last().unwrap().as_str())).collect();
    // 40.5 GB are left: at one an hour they last 40 hours, at an eighth of one 13 days.
    assert_eq!(told, [("/srv", "40 h"), ("/var", "13 days"), ("/home", "flat"), ("/new", "")]);
    assert_eq!(page.texts("#filesystems .t-warn"), ["40 h"], "what is full within a week has a colour");
}

#[actix_web::test]
async fn the_screens_of_a_server_that_does_not_answer_say_so_and_keep_its_numbers() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    measured(&app, server.id, Metric::FilesystemPercent, "/var", (3000, 600), 60.0).await;
    fails(&app, &server, timed_out(&server)).await;
    let page = app.viewer().await.get("/servers/web-1/disks").await.ok();
    assert_eq!(page.text(".notice b"), "web-1 does not answer.");
    assert!(page.has("chart-board.stale") && page.has("#chart-filesystem-0"));
    assert!(!page.has("#filesystems"), "nobody asks a server that does not answer");
}

#[actix_web::test]
async fn pressure_has_a_chart_where_it_is_told_and_a_sentence_where_it_is_not() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    measured(&app, server.id, Metric::MemoryUsed, "", (3000, 0), 1e9).await;
    measured(&app, server.id, Metric::CpuTotal, "", (3000, 0), 30.0).await;
    measured(&app, server.id, Metric::PressureMemory, "", (3000, 0), 12.0).await;
    measured(&app, server.id, Metric::PressureMemoryFull, "", (3000, 0), 3.0).await;
    let viewer = app.viewer().await;
    let memory = viewer.get("/servers/web-1/memory").await.ok();
    assert_eq!(memory.text("#chart-pressure .reading"), "12 %");
    assert_eq!(memory.table("#chart-pressure .chart-table table").head, ["Time", "some wait", "all wait"]);
    assert!(!memory.has(".note") && !memory.has("#chart-swapping"), "a server without swap space swaps nothing");
    let cpu = viewer.get("/servers/web-1/cpu").await.ok();
    assert!(!cpu.has("#chart-pressure"));
    assert!(cpu.text(".note").starts_with("There is no chart of pressure"), "{}", cpu.text(".note"));
}

#[actix_web::test]
async fn what_is_swapped_has_a_chart_where_there_is_swap_space() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    measured(&app, server.id, Metric::SwapOut, "", (3000, 0), 8192.0).await;
    measured(&app, server.id, Metric::SwapIn, "", (3000, 0), 4096.0).await;
    let page = app.viewer().await.get("/servers/web-1/memory").await.ok();
    assert_eq!(page.text("#chart-swapping .reading"), "8 KiB/s");
}

/// A reading so many minutes ago, in which `name` used most.
async fn read(app: &TestApp, server: &Server, minutes: i64, name: &str) {
    let one = |cpu, bytes| Consumer { pid: 7, name: name.to_owned(), user: "www-data".into(), cpu, bytes };
    let reading = ConsumerReading {
        server_id: server.id,
        at: app.database.now() - TimeDelta::minutes(minutes),
        span_seconds: 60.0,
        by_cpu: Consumers(vec![one(Some(87.5), Some(1 << 20))]),
        by_memory: Consumers(vec![one(Some(0.5), Some(3 << 30))]),
    };
    app.app.db.run(move |connection| ConsumerReading::store(connection, &[reading])).await.unwrap();
}

#[actix_web::test]
async fn what_used_most_at_a_moment_of_the_past_has_an_address_of_its_own() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    for (minutes, name) in [(300, "backup"), (241, "nightly"), (5, "nginx")] {
        read(&app, &server, minutes, name).await;
    }
    let viewer = app.viewer().await;
    let at = |minutes: i64| (app.database.now() - TimeDelta::minutes(minutes)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let spike = viewer.get(&format!("/servers/web-1/cpu?range=6h&at={}", at(240))).await.ok();
    let table = spike.table("#consumers table");
    assert_eq!(table.rows, [["nightly", "www-data", "7", "87.5 %"]]);
    assert_eq!(
        spike.attribute("#consumers time", "datetime").map(|at| at[..19].to_owned()),
        Some(at(241)[..19].to_owned())
    );
    let link = spike.attribute("#consumers .actions a", "href").unwrap();
    let shared = viewer.get(&link).await.ok();
    assert_eq!(shared.table("#consumers table").rows, table.rows, "{link}");
    let memory = viewer.get(&format!("/servers/web-1/memory?at={}", at(300))).await.ok();
    assert_eq!(memory.table("#consumers table").rows, [["backup", "www-data", "7", "3 GiB"]]);
    let nothing = viewer.get(&format!("/servers/web-1/cpu?at={}", at(200))).await.ok();
    assert!(nothing.text("#consumers").contains("Nothing was read around that moment"));
}

#[actix_web::test]
async fn what_used_most_a_while_ago_is_not_said_to_be_of_now() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    read(&app, &server, 5, "nginx").await;
    let page = app.viewer().await.get("/servers/web-1/cpu").await.ok();
    let when = page.text("#consumers .region-head + p");
    assert!(when.starts_with("5 min ago") && !when.contains("Now"), "{when}");
    assert_eq!(page.attribute("#consumers", "hx-trigger").as_deref(), Some("load, every 10s"), "it asks for now");
}

#[actix_web::test]
async fn a_last_value_that_is_not_of_now_says_when_it_was() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    measured(&app, server.id, Metric::MemoryUsed, "", (3000, 0), 1e9).await;
    measured(&app, server.id, Metric::MemoryPercent, "", (3000, 1200), 60.0).await;
    let viewer = app.viewer().await;
    let table = viewer.get("/servers/web-1/memory?range=1h").await.ok().table(".below table");
    let last = |title: &str| table.rows.iter().find(|row| row[0].starts_with(title)).unwrap()[1].clone();
    assert_eq!(table.head[1], "Now");
    assert!(!last("Memory used").contains(':') && last("Memory in use").contains(':'), "{:?}", table.rows);
    fails(&app, &server, timed_out(&server)).await;
    let table = viewer.get("/servers/web-1/memory?range=1h").await.ok().table(".below table");
    assert_eq!(table.head[1], "Last");
}

#[actix_web::test]
async fn sec_x04_a_hostile_name_among_the_top_consumers_is_text() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    read(&app, &server, 1, HOSTILE).await;
    let page = app.viewer().await.get("/servers/web-1/cpu").await.ok();
    assert!(page.text("#consumers td").contains("<img src=x onerror=alert(1)>"));
    assert!(!page.has("#consumers img") && !page.text("#consumers td").contains('\u{1b}'));
}

#[actix_web::test]
async fn the_top_consumers_of_a_server_that_does_not_answer_are_the_last_known_ones() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    read(&app, &server, 3, "nginx").await;
    fails(&app, &server, timed_out(&server)).await;
    let page = app.viewer().await.get("/servers/web-1/cpu").await.ok();
    assert_eq!(page.table("#consumers table").rows[0][0], "nginx");
    assert_eq!(page.attribute("#consumers", "hx-trigger").as_deref(), Some("none"), "nobody asks it");
}
