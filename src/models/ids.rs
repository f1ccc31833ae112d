//! Identifiers: one type each, so that a user's id cannot be taken for a server's.

use std::fmt;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::Pg;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = BigInt)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl ToSql<BigInt, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <i64 as ToSql<BigInt, Pg>>::to_sql(&self.0, out)
            }
        }

        impl FromSql<BigInt, Pg> for $name {
            fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                <i64 as FromSql<BigInt, Pg>>::from_sql(bytes).map(Self)
            }
        }
    };
}

id!(/// A row of `servers`.
    ServerId);
id!(/// A row of `groups`.
    GroupId);
id!(/// A row of `credentials`.
    CredentialId);
id!(/// A row of `users`.
    UserId);
id!(/// A row of `api_tokens`.
    ApiTokenId);
id!(/// A row of `host_keys`.
    HostKeyId);
id!(/// A row of `commands`.
    CommandId);
id!(/// A row of `instances`: one running process of hannun.
    InstanceId);
id!(/// A row of `checks`.
    CheckId);
id!(/// A row of `artifacts`: an uploaded package file.
    ArtifactId);
id!(/// A row of `executions`: a command that runs by itself on a server.
    ExecutionId);
id!(/// A row of `guarded_changes`.
    GuardedChangeId);
id!(/// A row of `crontab_versions`: what stood in a crontab before it was replaced.
    CrontabVersionId);
id!(/// A row of `power_requests`.
    PowerRequestId);
id!(/// A row of `terminals`: a shell that somebody has open.
    TerminalId);
id!(/// A row of `saved_commands`.
    SavedCommandId);
id!(/// A row of `channels`: where messages go.
    ChannelId);
id!(/// A row of `scenarios`.
    ScenarioId);
id!(/// A row of `scenario_destinations`.
    DestinationId);
id!(/// A row of `runs`: one firing of a scenario.
    RunId);
id!(/// A row of `deliveries`: what one destination of a run was to be told.
    DeliveryId);
id!(/// A row of `pauses`: while one stands, no scenario fires by its schedule.
    PauseId);
id!(/// A row of `fan_outs`: one command on many servers.
    FanOutId);
id!(/// A row of `saved_fan_outs`.
    SavedFanOutId);
