//! What a terminal showed is recorded, sealed, and played again; what was typed is not (T04).

use hannun::models::actor::{Role, Scope};
use hannun::models::data_keys::DataKey;
use hannun::models::data_keys::rotation::{Rotation, Step};
use hannun::models::ids::TerminalId;
use hannun::models::terminals::recordings;
use hannun::remote::terminal::Size;
use hannun::secret::seal::sealed_with;
use hannun::terminals::recording::{Moment, What, moments};
use serde_json::json;

use super::{Stage, open};

async fn recorded(stage: &Stage, id: i64) -> Vec<Moment> {
    let sealer = stage.app.app.sealer.clone();
    let pieces = stage.app.app.db.run(move |connection| {
        let mut all = Vec::new();
        while let Some(piece) =
            recordings::piece(connection, &sealer, TerminalId(id), i32::try_from(all.len()).unwrap())?
        {
            all.push(piece);
        }
        Ok::<_, hannun::error::Error>(all)
    });
    pieces.await.unwrap().iter().flat_map(|piece| moments(piece)).collect()
}

#[actix_web::test]
async fn sec_t04_what_is_played_is_what_was_shown_and_what_was_typed_is_not_there() {
    let test = "sec_t04_what_is_played_is_what_was_shown_and_what_was_typed_is_not_there";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.until("> ").await;
    looker.type_in("stty -echo; echo qui''et; read secret; stty echo; echo canary-sh''own\r").await;
    looker.until("quiet").await;
    looker.socket.say(&json!({ "columns": 100, "rows": 30 }).to_string()).await;
    looker.type_in("canary-typed\r").await;
    looker.until("canary-shown").await;
    looker.type_in("exit\r").await;
    looker.end().await;

    let played = recorded(&stage, shell.id).await;
    let shown = recorded_output(&stage, shell.id).await;
    assert_eq!(shown, looker.shown);
    assert!(!String::from_utf8_lossy(&shown).contains("canary-typed"));
    assert!(played.iter().any(|moment| moment.what == What::Resized(Size { columns: 100, rows: 30 })), "its size");
    assert!(played.is_sorted_by_key(|moment| moment.at_ms));
    assert!(played.last().unwrap().at_ms > 0, "in its own time");

    // Sealed at rest: nothing of it can be read in the database.
    let row = stage.row(shell.id).await;
    assert_eq!(row.output_bytes, i64::try_from(shown.len()).unwrap());
    let rows = sealed_pieces(&stage).await;
    assert!(!rows.is_empty());
    for sealed in rows {
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
    }
    // A piece that is moved does not open (S02).
    let sealer = stage.app.app.sealer.clone();
    let moved = stage.app.app.db.run(move |connection| {
        use diesel::prelude::*;
        use hannun::db::schema::terminal_recordings::dsl;
        diesel::update(dsl::terminal_recordings.filter(dsl::number.eq(0)))
            .set(dsl::number.eq(7))
            .execute(connection)?;
        Ok::<_, hannun::error::Error>(recordings::piece(connection, &sealer, TerminalId(shell.id), 7).is_err())
    });
    assert!(moved.await.unwrap());
}

#[actix_web::test]
async fn sec_t04_a_recording_is_for_its_person_and_for_administrators_and_looks_are_on_record() {
    let test = "sec_t04_a_recording_is_for_its_person_and_for_administrators_and_looks_are_on_record";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.type_in("exit\r").await;
    looker.end().await;
    let path = format!("/servers/web-1/terminal/recordings/{}", shell.id);
    let administrator = stage.app.administrator().await;
    for browser in [&operator, &administrator] {
        assert!(browser.get(&path).await.ok().has("terminal-replay"));
        assert_eq!(browser.get(&format!("{path}/pieces/0")).await.status, 200);
        assert_eq!(browser.get("/servers/web-1/terminal/recordings").await.ok().texts("tbody tr").len(), 1);
    }
    let other = stage.app.signed_in("minho", Role::Operator, Scope::All).await;
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(other.get(&format!("{path}/pieces/0")).await.status, 404);
    assert!(!other.get("/servers/web-1/terminal/recordings").await.ok().has("tbody tr"));
    let page = stage.app.viewer().await.get("/servers/web-1/terminal/recordings").await.ok();
    assert!(
        page.text(".notice").contains("terminal") && !page.has("section.region"),
        "a viewer is told why there is none"
    );
    let log = administrator.get("/admin/audit-events?what=read_recording").await.ok();
    assert_eq!(log.texts("#records tbody tr").len(), 2);
}

#[actix_web::test]
async fn sec_s04_after_a_rotation_of_the_keys_a_recording_plays_on_and_the_old_key_opens_none_of_it() {
    let test = "sec_s04_after_a_rotation_of_the_keys_a_recording_plays_on_and_the_old_key_opens_none_of_it";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let (ended, open_one) = (open(&operator).await, open(&operator).await);
    let mut lookers = Vec::new();
    for shell in [&ended, &open_one] {
        let mut looker = stage.look(&operator, shell).await;
        looker.until("> ").await;
        // More than one piece.
        looker.type_in("seq 60000; echo be''fore\r").await;
        looker.until("before").await;
        lookers.push(looker);
    }
    let (mut second, mut first) = (lookers.pop().unwrap(), lookers.pop().unwrap());
    first.type_in("exit\r").await;
    first.end().await;

    // By another process, while this one has a terminal open.
    let old = stage.app.app.sealer.newest();
    rotate(&stage).await;
    second.type_in("echo af''ter\r").await;
    second.until("after").await;
    second.type_in("exit\r").await;
    second.end().await;

    for (shell, shown) in [(&ended, &first.shown), (&open_one, &second.shown)] {
        assert_eq!(&recorded_output(&stage, shell.id).await, shown);
        let pages = operator.get(&format!("/servers/web-1/terminal/recordings/{}/pieces/0", shell.id)).await;
        assert_eq!(pages.status, 200, "the process that ran meanwhile plays it too");
    }
    let sealed = sealed_pieces(&stage).await;
    assert!(sealed.len() > 4, "{}", sealed.len());
    let key = stage.app.app.sealer.path();
    let newest = DataKey::open_sealer(&mut stage.app.database.connection(), key).unwrap().newest();
    assert_ne!(newest, old);
    for piece in &sealed {
        assert_eq!(sealed_with(piece).ok(), newest, "sealed with the new key");
    }
}

/// As `hannun keys rotate` does.
async fn rotate(stage: &Stage) {
    let mut rotation = Rotation::new(stage.app.app.sealer.path()).unwrap();
    let done = stage.app.app.db.run(move |connection| {
        loop {
            if let Step::Done { unreadable } = rotation.step(connection)? {
                return Ok::<_, hannun::error::Error>(unreadable);
            }
        }
    });
    assert_eq!(done.await.unwrap(), Vec::<String>::new());
}

async fn recorded_output(stage: &Stage, id: i64) -> Vec<u8> {
    let played = recorded(stage, id).await;
    let shown = played.iter().filter_map(|moment| match &moment.what {
        What::Output(bytes) => Some(bytes.to_vec()),
        What::Resized(_) => None,
    });
    shown.flatten().collect()
}

async fn sealed_pieces(stage: &Stage) -> Vec<Vec<u8>> {
    let rows = stage.app.app.db.run(|connection| {
        use diesel::prelude::*;
        use hannun::db::schema::terminal_recordings::dsl;
        dsl::terminal_recordings.select(dsl::sealed).load(connection)
    });
    rows.await.unwrap()
}

#[actix_web::test]
async fn sec_t04_what_cannot_be_recorded_is_not_shown_for_long() {
    let Some(stage) = Stage::set("sec_t04_what_cannot_be_recorded_is_not_shown_for_long").await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.until("> ").await;
    stage.database_refuses_recordings();
    looker.type_in("sleep 1; echo a''gain; sleep 76545\r").await;
    let (said, code) = looker.end().await;
    assert_eq!(code, 4000);
    assert!(said.starts_with("It could not be recorded"), "{said}");
    super::gone("sleep 76545").await;
}

impl Stage {
    /// As with a disk that is full: nothing more is taken in there.
    fn database_refuses_recordings(&self) {
        use diesel::connection::SimpleConnection;
        let refuse = "alter table terminal_recordings add constraint full_disk check (number < 0) not valid";
        self.app.database.owner().batch_execute(refuse).unwrap();
    }
}
