//! Answers about packages, as rows for people who write a command.

use super::{Preview, known};
use crate::commands::packages::{
    InspectFile, ListPackages, ListRestarts, ListUpdates, PackagePlan, PlanItem, read_plan, read_states,
};
use crate::commands::{Command, CommandType, ParseError};

impl CommandType {
    /// The rows of an answer about packages; of other types there are none.
    pub(super) fn preview_packages(self, format: &str, output: &[u8]) -> Result<Preview, ParseError> {
        Ok(match self {
            Self::ListPackages => {
                let head = ["Name", "Version", "Architecture", "Bytes", "Installed", "From", "Summary", "State"];
                Preview::of(&head, &ListPackages.parse(format, output)?, |one| {
                    vec![
                        one.name.clone(),
                        one.version.clone(),
                        one.architecture.clone(),
                        known(one.size_bytes),
                        known(one.installed_at),
                        one.origin.clone(),
                        one.summary.clone(),
                        one.state.name().to_owned(),
                    ]
                })
            }
            Self::ListUpdates => {
                let head = ["Name", "Installed", "Available", "From", "Security"];
                Preview::of(&head, &ListUpdates.parse(format, output)?.updates, |one| {
                    let texts = [&one.name, &one.installed, &one.available, &one.origin].map(Clone::clone);
                    texts.into_iter().chain([one.security.to_string()]).collect()
                })
            }
            Self::ListRestarts => {
                let found = ListRestarts.parse(format, output)?;
                let row = |kind: &str, what: &String| vec![kind.to_owned(), what.clone()];
                let reboot = found.reboot.iter().map(|why| row("reboot", why));
                let rows: Vec<_> = reboot.chain(found.services.iter().map(|unit| row("service", unit))).collect();
                Preview::of(&["Kind", "Name"], &rows, Clone::clone)
            }
            Self::PreviewInstall | Self::PreviewRemoval | Self::PreviewUpdates | Self::PreviewSecurityUpdates => {
                plan(&read_plan(format, output)?)
            }
            Self::InstallPackage
            | Self::RemovePackage
            | Self::InstallUpdates
            | Self::InstallSecurityUpdates
            | Self::RefreshLists
            | Self::InstallFile => Preview::of(&["Name", "Version", "State"], &read_states(format, output)?.0, |one| {
                vec![one.name.clone(), one.version.clone(), one.state.name().to_owned()]
            }),
            Self::InspectFile => {
                let content = InspectFile::default().parse(format, output)?;
                let fields = content.fields.iter().map(|(name, value)| vec![name.clone(), value.clone()]);
                let scripts = content.scripts.iter().map(|script| vec![script.name.clone(), script.text.clone()]);
                let files = content.files.iter().map(|file| vec!["file".to_owned(), file.clone()]);
                let signature = content.signature.iter().map(|check| {
                    let verdict = if check.verified { "verified" } else { "refused" };
                    vec!["signature".to_owned(), format!("{verdict}: {}", check.said)]
                });
                let rows: Vec<_> = fields.chain(signature).chain(scripts).chain(files).collect();
                Preview::of(&["Name", "Value"], &rows, Clone::clone)
            }
            _ => Preview::default(),
        })
    }
}

fn plan(plan: &PackagePlan) -> Preview {
    let row = |kind: &str, item: &PlanItem| {
        let before = item.before.clone().unwrap_or_default();
        vec![kind.to_owned(), item.name.clone(), item.version.clone(), before, item.origin.clone()]
    };
    let added = plan.added.iter().map(|item| row("add", item));
    let renewed = plan.renewed.iter().map(|item| row("renew", item));
    let removed = plan.removed.iter().map(|item| row("remove", item));
    let obstacles = plan.obstacles.iter().map(|why| vec!["obstacle".to_owned(), why.clone()]);
    let rows: Vec<_> = added.chain(renewed).chain(removed).chain(obstacles).collect();
    Preview::of(&["What", "Name", "Version", "Before", "From"], &rows, Clone::clone)
}
