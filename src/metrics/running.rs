//! What runs on a server, with what each process uses now: two readings, of which another viewer may have made the first.

use std::time::Duration;

use super::live::LiveServer;
use super::readings::Usage;
use crate::commands::processes::{ListProcesses, ProcessList};
use crate::error::Result;
use crate::remote::host::{Answer, Host};

/// Between two readings, where nobody has made the first one a moment ago.
const APART: Duration = Duration::from_millis(700);

/// What runs, and what each process uses now.
#[derive(Debug)]
pub struct Running {
    /// What runs.
    pub list: ProcessList,
    /// What it uses now; none where there is only one reading, or where the server does not count.
    pub usage: Option<Usage>,
    /// Another reading would tell what it uses now: this is the first one in a while, and the server counts.
    pub is_first: bool,
}

impl Running {
    /// Asks the server; `twice` where that is the first reading in a while.
    pub async fn read(host: &Host, live: &LiveServer, twice: bool) -> Result<Answer<Self>> {
        let mut first = Self::once(host, live).await?;
        first.value.is_first = first.value.usage.is_none() && first.value.list.counts();
        if !twice || !first.value.is_first {
            return Ok(first);
        }
        tokio::time::sleep(APART).await;
        Self::once(host, live).await
    }

    async fn once(host: &Host, live: &LiveServer) -> Result<Answer<Self>> {
        let Answer { value: list, evidence } = host.read(ListProcesses).await?;
        let usage = live.usage(&list);
        Ok(Answer { value: Self { list, usage, is_first: false }, evidence })
    }
}
