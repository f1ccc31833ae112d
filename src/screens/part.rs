//! Which part of a page a request asks for: htmx names the region that waits for it.

use std::time::Duration;

use actix_web::HttpRequest;

use super::asked::Patience;
use crate::web::hx::Hx;

/// How long a whole page waits for a server; a region that waits for itself has the command's own deadline.
const PAGE_PATIENCE: Duration = Duration::from_millis(1_200);
const REGION_PATIENCE: Duration = Duration::from_secs(20);

/// Regions that are asked for alone.
const REGIONS: &[&str] = &[
    "facts",
    "charts",
    "consumers",
    "processes",
    "drawer",
    "sockets",
    "filesystems",
    "directories",
    "cores",
    "checks",
    "check-charts",
    "packages",
    "restarts",
    "files",
    "plan",
    "run",
    "verdict",
    "firewall",
    "firewall-change",
    "services",
    "log",
    "cron",
    "accounts",
    "key-change",
    "boot",
    "power-request",
    "power-requests",
    "logins",
    "outside",
    "history",
];

/// A page or one region of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    Page,
    /// The region of this name.
    Block(&'static str),
}

impl Part {
    /// What `request` asks for.
    pub fn of(request: &HttpRequest) -> Self {
        if !Hx::of(request).wants_fragment() {
            return Self::Page;
        }
        let target = request.headers().get("HX-Target").and_then(|value| value.to_str().ok());
        let region = REGIONS.iter().copied().find(|region| Some(*region) == target);
        region.map_or(Self::Page, Self::Block)
    }

    /// Whether the answer contains `region`.
    pub fn includes(self, region: &str) -> bool {
        match self {
            Self::Page => true,
            Self::Block(block) => block == region,
        }
    }

    /// How long the answer may wait for a server.
    pub fn patience(self) -> Patience {
        match self {
            Self::Page => Patience { limit: PAGE_PATIENCE, twice: false },
            Self::Block(_) => Patience { limit: REGION_PATIENCE, twice: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn part(headers: &[(&'static str, &'static str)]) -> Part {
        let mut request = TestRequest::get();
        for header in headers {
            request = request.insert_header(*header);
        }
        Part::of(&request.to_http_request())
    }

    #[test]
    fn a_region_is_answered_alone_and_everything_else_is_a_page() {
        assert_eq!(part(&[("HX-Request", "true"), ("HX-Target", "facts")]), Part::Block("facts"));
        assert_eq!(part(&[("HX-Request", "true"), ("HX-Target", "overview")]), Part::Page);
        assert_eq!(part(&[("HX-Target", "facts")]), Part::Page);
        assert_eq!(
            part(&[("HX-Request", "true"), ("HX-Target", "facts"), ("HX-History-Restore-Request", "true")]),
            Part::Page
        );
        assert!(Part::Page.includes("facts") && !Part::Block("charts").includes("facts"));
    }
}
