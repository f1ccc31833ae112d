//! Small tables: platforms, settings, commands.

use hannun::models::commands::{NewStoredCommand, StoredCommand, StoredCommandChanges};
use hannun::models::platforms::DetectedPlatform;
use hannun::models::settings::Setting;

use super::server;
use crate::harness::database::TestDatabase;

#[test]
fn a_platform_is_replaced_and_what_was_known_before_is_given_back() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let server_id = server(&mut connection, "web-1").id;
    let first = DetectedPlatform {
        server_id,
        os: "linux".to_owned(),
        distro: "debian".to_owned(),
        distro_like: vec![],
        version: "12".to_owned(),
        arch: "x86_64".to_owned(),
        pretty_name: "Debian\0 GNU/Linux 12".to_owned(),
        kernel: "6.1.0".to_owned(),
        hostname: "web-1".to_owned(),
        capabilities: vec!["ss".to_owned(), "proc\0ps".to_owned()],
        cores: Some(2),
        cpu_model: String::new(),
        memory_bytes: Some(1 << 34),
        boot_id: "one".to_owned(),
        booted_at: None,
        time_zone: "UTC".to_owned(),
        virtualisation: String::new(),
        detected_at: database.now(),
    };
    assert_eq!(first.save(&mut connection).unwrap(), None);
    let stored = DetectedPlatform::of(&mut connection, server_id).unwrap().unwrap();
    assert_eq!(stored.pretty_name, "Debian GNU/Linux 12", "NUL cannot be stored");
    assert_eq!(stored.capabilities, ["ss", "procps"]);
    let second = DetectedPlatform { boot_id: "two".to_owned(), cores: None, ..stored.clone() };
    assert_eq!(second.save(&mut connection).unwrap(), Some(stored));
    assert_eq!(DetectedPlatform::of_all(&mut connection, &[server_id]).unwrap(), [second]);
}

#[test]
fn a_setting_has_a_default_a_type_and_survives_a_value_of_another_shape() {
    const DAYS: Setting<u32> = Setting::new("days", || 14);
    const TEXT: Setting<String> = Setting::new("days", String::new);
    let database = TestDatabase::new();
    let mut connection = database.connection();
    assert_eq!(DAYS.get(&mut connection).unwrap(), 14);
    DAYS.set(&mut connection, &30, database.now()).unwrap();
    DAYS.set(&mut connection, &31, database.now()).unwrap();
    assert_eq!(DAYS.get(&mut connection).unwrap(), 31);
    assert_eq!(TEXT.get(&mut connection).unwrap(), "");
    DAYS.clear(&mut connection).unwrap();
    assert_eq!(DAYS.get(&mut connection).unwrap(), 14);
}

#[test]
fn an_added_command_is_kept_changed_and_unique_within_its_type() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let platform = serde_json::json!({ "os": "haiku" });
    let new = NewStoredCommand {
        command_type: "list_processes",
        name: "haiku-ps",
        platform: &platform,
        script: "ps",
        format: "table",
    };
    let command = new.insert(&mut connection).unwrap();
    assert!(new.insert(&mut connection).unwrap_err().to_string().contains("haiku-ps"));
    let changes = StoredCommandChanges { script: Some("ps -a"), ..StoredCommandChanges::default() };
    let after = StoredCommand::change(&mut connection, command.id, &changes, database.now()).unwrap();
    assert_eq!((after.script.as_str(), &after.platform), ("ps -a", &platform));
    StoredCommand::delete(&mut connection, command.id).unwrap();
    assert!(StoredCommand::by_id(&mut connection, command.id).is_err());
}
