//! Which processes of hannun live on this database, and who samples how many servers.

use chrono::{DateTime, Utc};

use super::Check;
use crate::models::instances::Instance;
use crate::models::sampling_leases::ToSample;

const NAME: &str = "processes";

/// What is said of those that are `living` at `now`, by the database's clock.
pub(super) fn check(living: &[Instance], servers: &[ToSample], now: DateTime<Utc>) -> Check {
    if living.is_empty() {
        return Check::warning(NAME, "no process of hannun runs on this database", "Start hannun serve");
    }
    let held = |instance: &Instance| {
        servers.iter().filter(|one| one.lease.is_some_and(|lease| lease.holder == instance.id)).count()
    };
    let count = |instance| format!("{} of {} servers", held(instance), servers.len());
    let each: Vec<String> = living.iter().map(|instance| describe(instance, &count(instance), now)).collect();
    let detail = each.join("; ");
    if !servers.is_empty() && !living.iter().any(|instance| instance.samples) {
        let next = "Start hannun serve without --role web, or hannun work, on the same database";
        return Check::warning(NAME, format!("{detail}. None of them samples"), next);
    }
    if !living.iter().any(|instance| instance.serves) {
        return Check::warning(NAME, format!("{detail}. None of them answers people"), "Start hannun serve");
    }
    if living.iter().any(|instance| instance.version != env!("CARGO_PKG_VERSION")) {
        let next = "Bring every process to the same version";
        return Check::warning(NAME, format!("{detail}. This is {}", env!("CARGO_PKG_VERSION")), next);
    }
    match servers.iter().filter(|one| one.lease.is_none()).count() {
        0 => Check::ok(NAME, detail),
        // Seconds later they are somebody's; somebody who sees this twice has a process that hangs.
        free => Check::ok(NAME, format!("{detail}; {free} servers are about to be taken over")),
    }
}

/// `console-1 (process 4121, 0.1.0): answers people, samples 500 of 1000 servers, seen 3 s ago`
fn describe(instance: &Instance, held: &str, now: DateTime<Utc>) -> String {
    let does = match (instance.serves, instance.samples) {
        (true, true) => format!("answers people, samples {held}"),
        (true, false) => "answers people".to_owned(),
        (false, _) => format!("samples {held}"),
    };
    let Instance { host, process_id, version, .. } = instance;
    let seconds = (now - instance.seen_at).num_seconds().max(0);
    format!("{host} (process {process_id}, {version}): {does}, seen {seconds} s ago")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::Verdict;
    use super::*;
    use crate::models::ids::InstanceId;

    fn instance(id: i64, serves: bool, samples: bool) -> Instance {
        Instance {
            id: InstanceId(id),
            host: format!("console-{id}"),
            process_id: 77,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            serves,
            samples,
            started_at: DateTime::UNIX_EPOCH,
            seen_at: DateTime::UNIX_EPOCH,
            lives_until: DateTime::UNIX_EPOCH + TimeDelta::seconds(60),
        }
    }

    fn check_of(living: &[Instance]) -> Check {
        check(living, &[], DateTime::UNIX_EPOCH + TimeDelta::seconds(3))
    }

    #[test]
    fn every_process_is_named_with_what_it_does() {
        let check = check_of(&[instance(1, true, false), instance(2, false, true)]);
        assert_eq!(check.verdict, Verdict::Ok);
        let version = env!("CARGO_PKG_VERSION");
        let said = format!(
            "console-1 (process 77, {version}): answers people, seen 3 s ago; \
             console-2 (process 77, {version}): samples 0 of 0 servers, seen 3 s ago"
        );
        assert_eq!(check.detail, said);
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(check_of(&[]).verdict, Verdict::Warning);
        assert_eq!(check_of(&[instance(1, false, true)]).verdict, Verdict::Warning);
        let other = Instance { version: "0.0.1".to_owned(), ..instance(1, true, true) };
        assert!(check_of(&[other]).next_step.unwrap().contains("version"));
    }
}
