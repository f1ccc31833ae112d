//! Firewalls as programs read them.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::evidence::EvidenceView;
use crate::commands::Firewall;
use crate::commands::firewall::{Family, Verdict};
use crate::commands::port_probe::Reached;
use crate::firewalls::key_of;
use crate::firewalls::question::Reachable;
use crate::remote::host::Evidence;
use crate::remote::reach::Reach;

/// The firewall of a server. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Firewall)]
pub struct FirewallView {
    /// `firewalld`, `ufw`, `nft`, `iptables`, `pf`, `ipfw`, `ipfilter`, `none` or `cannot_tell`.
    #[schema(example = "ufw")]
    pub owner: &'static str,
    /// Why nobody can tell: `needs_root`, `no_tool` or `failed`.
    #[schema(value_type = Option<String>)]
    pub silence: Option<crate::commands::firewall::Silence>,
    /// Zones, policies, chains and lists, in their order.
    pub places: Vec<PlaceView>,
    /// How we know.
    pub evidence: EvidenceView,
}

/// A zone, a policy, a chain or a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirewallPlace)]
pub struct PlaceView {
    /// Its name.
    #[schema(example = "public")]
    pub name: String,
    /// `zone`, `policy`, `chain` or `list`.
    pub kind: &'static str,
    /// Who keeps it.
    pub held_by: &'static str,
    /// The interfaces of a zone.
    pub interfaces: Vec<String>,
    /// The addresses of a zone.
    pub sources: Vec<String>,
    /// What happens to what fits no rule; null where another place decides.
    pub otherwise: Option<&'static str>,
    /// Its rules, in order.
    pub rules: Vec<RuleView>,
}

/// One rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirewallRule)]
pub struct RuleView {
    /// By which it is removed.
    #[schema(example = "4f1c2a9d0b7e6c58")]
    pub rule: String,
    /// `allow`, `deny`, `reject`, `limit`, `go to`, …; `not understood` where that is so.
    pub action: &'static str,
    /// `v4`, `v6` or `both`.
    #[schema(value_type = String)]
    pub family: Family,
    /// As its owner shows it.
    pub text: String,
    /// What people wrote about it.
    pub comment: String,
    /// `always`, `until_reload` or `after_reload`.
    #[schema(value_type = String)]
    pub kept: crate::commands::firewall::Kept,
}

/// What the rules say for one family.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirewallVerdict)]
pub struct VerdictView {
    /// `v4` or `v6`.
    #[schema(value_type = String)]
    pub family: Family,
    /// `allowed`, `blocked`, `from_some` or `cannot_tell`.
    #[schema(example = "allowed")]
    pub verdict: &'static str,
    /// The rules that decide, or the place that decides about what fits no rule. The server's own text.
    pub by: Vec<String>,
}

impl FirewallView {
    pub(super) fn new(firewall: &Firewall, evidence: Evidence) -> Self {
        let places = firewall.shown().map(|place| PlaceView {
            name: place.name.clone(),
            kind: place.kind,
            held_by: place.held_by.name(),
            interfaces: place.interfaces.clone(),
            sources: place.sources.clone(),
            otherwise: place.otherwise.as_ref().map(crate::commands::firewall::Action::label),
            rules: place
                .rules
                .iter()
                .map(|rule| RuleView {
                    rule: key_of(place, rule),
                    action: rule.action.label(),
                    family: rule.family,
                    text: rule.text.clone(),
                    comment: rule.comment.clone(),
                    kept: rule.kept,
                })
                .collect(),
        });
        Self {
            owner: firewall.owner.name(),
            silence: firewall.silence,
            places: places.collect(),
            evidence: evidence.into(),
        }
    }
}

impl From<&(Family, Verdict)> for VerdictView {
    fn from((family, verdict): &(Family, Verdict)) -> Self {
        let (word, by) = match verdict {
            Verdict::Allowed { by, .. } => ("allowed", vec![by.clone()]),
            Verdict::Blocked { by, .. } => ("blocked", vec![by.clone()]),
            Verdict::FromSome { allowed, blocked, .. } => {
                ("from_some", allowed.iter().chain(blocked).cloned().collect())
            }
            Verdict::CannotTell { why } => ("cannot_tell", vec![why.clone()]),
        };
        Self { family: *family, verdict: word, by: by.into_iter().filter(|text| !text.is_empty()).collect() }
    }
}

/// What came of trying a port, in a word.
pub(super) fn reachable(found: &Reachable) -> &'static str {
    let word = |reached: &Reached| match reached {
        Reached::Open => "open",
        Reached::Refused => "refused",
        Reached::TimedOut => "timed_out",
        Reached::Unreachable(_) => "unreachable",
        Reached::NoTool => "not_tried",
    };
    match found {
        Reachable::FromConsole(Reach::Tried { reached, .. }) => word(reached),
        Reachable::FromServer(_, answer) => word(&answer.value),
        Reachable::FromConsole(Reach::SshPort) => "ssh_port",
        Reachable::FromConsole(Reach::ThroughJump(_)) => "through_jump",
        _ => "not_tried",
    }
}
