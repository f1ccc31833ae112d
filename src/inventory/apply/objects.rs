//! Credentials, groups and commands; and what goes.

use std::collections::BTreeSet;

use super::super::facts::CredentialFacts;
use super::super::plan::{Item, SecretsToKeep};
use super::{Kind, Wanted, Work};
use crate::error::{Error, Result};
use crate::models::commands::{NewStoredCommand, StoredCommand};
use crate::models::credentials::{Credential, CredentialChanges, NewCredential, SecretChange, Secrets};
use crate::models::groups::Group;
use crate::models::ids::{CommandId, ServerId};
use crate::models::servers::ServerToKeep;
use crate::secret::SecretText;

impl Work<'_> {
    pub(super) fn credentials(&mut self) -> Result<()> {
        for item in self.written(Kind::Credential) {
            let Wanted::Credential(facts, secrets) = &item.wanted else { continue };
            match self.ids.credentials.get(&item.name).copied() {
                Some(id) => {
                    let changes = changes(item, facts, secrets);
                    Credential::change(self.connection, self.means.sealer, id, &changes, self.means.now)?;
                    // What people wrote about it is no matter of connections.
                    if item.fields.iter().any(|field| field.field != "note") {
                        self.touch_users_of(id)?;
                    }
                }
                None => self.new_credential(item, facts, secrets)?,
            }
        }
        Ok(())
    }

    fn new_credential(&mut self, item: &Item, facts: &CredentialFacts, secrets: &SecretsToKeep) -> Result<()> {
        let (sealer, now) = (self.means.sealer, self.means.now);
        let new = NewCredential {
            name: &item.name,
            user_name: &facts.user,
            kind: facts.kind,
            privilege: facts.privilege,
            note: &facts.note,
            key: secrets.key.as_ref().and_then(Option::as_ref),
            secrets: &Secrets {
                password: given(&secrets.password),
                private_key: given(&secrets.private_key),
                passphrase: given(&secrets.passphrase),
                sudo_password: given(&secrets.sudo_password),
            },
        };
        let id = new.insert(self.connection, sealer, now)?.id;
        self.ids.credentials.insert(item.name.clone(), id);
        if item.file.is_some() {
            let managed = CredentialChanges { managed_by: Some(item.file.clone()), ..CredentialChanges::default() };
            Credential::change(self.connection, sealer, id, &managed, now)?;
        }
        Ok(())
    }

    pub(super) fn groups(&mut self) -> Result<()> {
        let mut wanted = Vec::new();
        for item in self.written(Kind::Group) {
            if let Wanted::Group(facts) = &item.wanted {
                wanted.push((item.name.as_str(), facts.note.as_str(), facts.allow, item.file.as_deref()));
            }
        }
        if !wanted.is_empty() {
            self.ids.groups.extend(Group::keep_all(self.connection, &wanted, self.means.now)?);
        }
        Ok(())
    }

    pub(super) fn commands(&mut self) -> Result<()> {
        let mut platforms = Vec::new();
        for item in self.written(Kind::Command) {
            if let Wanted::Command(facts) = &item.wanted {
                platforms.push((item, facts, serde_json::to_value(&facts.on).map_err(Error::internal)?));
            }
        }
        let mut wanted = Vec::new();
        for (item, facts, platform) in &platforms {
            let (command_type, name) = item.name.split_once('/').unwrap_or_default();
            let new = NewStoredCommand { command_type, name, platform, script: &facts.run, format: &facts.format };
            wanted.push((new, item.file.as_deref()));
        }
        if !wanted.is_empty() {
            let kept = StoredCommand::keep_all(self.connection, &wanted, self.means.now)?;
            self.ids
                .commands
                .extend(kept.into_iter().map(|(command_type, name, id)| (format!("{command_type}/{name}"), id)));
        }
        Ok(())
    }

    /// Removes what is to go; gives the servers that are gone.
    pub(super) fn remove(&mut self) -> Result<BTreeSet<ServerId>> {
        let registry = &self.plan.registry;
        let servers: Vec<ServerId> = self
            .removed(Kind::Server)
            .filter_map(|item| registry.servers.get(&item.name).map(|known| known.row.id))
            .collect();
        let credentials: Vec<_> = self
            .removed(Kind::Credential)
            .filter_map(|item| registry.credentials.get(&item.name).map(|known| known.row.id))
            .collect();
        let groups: Vec<_> = self
            .removed(Kind::Group)
            .filter_map(|item| registry.groups.get(&item.name).map(|known| known.row.id))
            .collect();
        let of_name = |name: &str| {
            let (command_type, name) = name.split_once('/')?;
            registry.commands.get(&(command_type.to_owned(), name.to_owned())).map(|known| known.row.id)
        };
        let commands: Vec<CommandId> = self.removed(Kind::Command).filter_map(|item| of_name(&item.name)).collect();
        if !servers.is_empty() {
            ServerToKeep::delete_all(self.connection, &servers)?;
        }
        if !credentials.is_empty() {
            Credential::delete_all(self.connection, &credentials)?;
        }
        if !groups.is_empty() {
            Group::delete_all(self.connection, &groups)?;
        }
        if !commands.is_empty() {
            StoredCommand::delete_all(self.connection, &commands)?;
        }
        Ok(servers.into_iter().collect())
    }
}

fn changes(item: &Item, facts: &CredentialFacts, secrets: &SecretsToKeep) -> CredentialChanges {
    CredentialChanges {
        name: None,
        user_name: Some(facts.user.clone()),
        kind: Some(facts.kind),
        privilege: Some(facts.privilege),
        note: Some(facts.note.clone()),
        key: secrets.key.clone(),
        password: secrets.password.clone(),
        private_key: secrets.private_key.clone(),
        passphrase: secrets.passphrase.clone(),
        sudo_password: secrets.sudo_password.clone(),
        managed_by: Some(item.file.clone()),
    }
}

fn given(change: &SecretChange) -> Option<SecretText> {
    match change {
        SecretChange::Set(secret) => Some(secret.clone()),
        SecretChange::Keep | SecretChange::Clear => None,
    }
}
