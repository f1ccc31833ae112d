//! People who sign in, as administrators see them. Nobody is deleted, so that the audit log keeps its names.

mod related;

use chrono::{DateTime, Utc};

use super::{ALL, ROLES, groups, reach, screen};
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::{Field, SecretDraft};
use crate::admin::form::Form;
use crate::admin::list::List;
use crate::admin::resource::{Action, By, Checking, Related, Resource};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{ActorKind, Rights, Role, Scope};
use crate::models::groups::Group;
use crate::models::names::user_name_problem;
use crate::models::permission::Permission;
use crate::models::sessions::Session;
use crate::models::users::{NewUser, User};
use crate::secret::password;
use crate::web::menu::Screen;

static SCREEN: Screen = screen("users", "Users", "users");

/// People who sign in to hannun.
pub struct Users;

/// One person with the names of the groups they are limited to.
pub struct Row {
    user: User,
    groups: Vec<String>,
    /// The names of the groups in which they have a role of its own.
    group_roles: Vec<(String, Role)>,
}

impl Row {
    fn with_role(&self, role: Role) -> Vec<String> {
        self.group_roles.iter().filter(|(_, own)| *own == role).map(|(name, _)| name.clone()).collect()
    }
}

/// What the form fills in.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    name: String,
    role: String,
    sees: String,
    groups: Vec<String>,
    operator_in: Vec<String>,
    viewer_in: Vec<String>,
    withheld: Vec<String>,
    password: SecretDraft,
    enabled: bool,
}

const ACCOUNTS: &[(&str, &str)] = &[("enabled", "Enabled"), ("disabled", "Disabled")];

fn roles() -> Vec<Offer> {
    let details = [
        Message::new("looks at servers"),
        Message::new("also changes servers"),
        Message::new("also changes what hannun knows: servers, credentials, people"),
    ];
    ROLES.iter().zip(details).map(|((value, word), detail)| Offer::word(value, word).detail(detail)).collect()
}

fn account(row: &Row) -> &'static str {
    if row.user.is_enabled() { "enabled" } else { "disabled" }
}

fn is_oneself(by: &By, user: &User) -> bool {
    by.actor.kind == ActorKind::User(user.id)
}

fn rights(connection: &mut Connection, draft: &Draft) -> Result<Rights> {
    let role = Role::from_name(&draft.role).ok_or_else(|| Error::field("role", "This is needed"))?;
    let scope = if draft.sees == ALL { Scope::All } else { Scope::Groups(Group::ids_of(connection, &draft.groups)?) };
    let mut rights = Rights::new(role, scope);
    for (names, role) in [(&draft.operator_in, Role::Operator), (&draft.viewer_in, Role::Viewer)] {
        rights.group_roles.extend(Group::ids_of(connection, names)?.into_iter().map(|group| (group, role)));
    }
    rights.withheld = draft.withheld.iter().filter_map(|name| Permission::from_name(name)).collect();
    Ok(rights)
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a loader, of which others ask the database")]
fn withholdable(_: &mut Connection, _: &Scope) -> Result<Vec<Offer>> {
    let offer = |permission: Permission| Offer::word(permission.name(), permission.label());
    Ok(Permission::WITHHOLDABLE.map(offer).into())
}

fn disable(connection: &mut Connection, by: &By, row: &Row) -> Result<()> {
    if is_oneself(by, &row.user) {
        return Err(Error::Conflict(Message::new("You cannot disable yourself; another administrator can")));
    }
    row.user.disable(connection, by.at)
}

fn sign_out(connection: &mut Connection, by: &By, row: &Row) -> Result<()> {
    let kept = by.session.as_ref().filter(|_| is_oneself(by, &row.user));
    Session::end_all_of_user(connection, row.user.id, kept)?;
    Ok(())
}

impl Resource for Users {
    type Row = Row;
    type Draft = Draft;

    const EVENTS: [&'static str; 3] = ["create_user", "change_user", "delete_user"];
    const ADD: Option<&'static str> = Some("Add user");
    const NEEDS_PROOF: bool = true;
    const HASHED: Option<&'static str> = Some("password");

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.user.name.clone()))
            .column("Role", |row| Cell::choice(ROLES, row.user.role.name()))
            .column("Sees", |row| {
                if row.user.all_groups { Cell::Word("All servers") } else { Cell::Tags(row.groups.clone()) }
            })
            .column("Otherwise", |row| {
                let tag = |(name, role): &(String, Role)| format!("{name}: {}", role.name());
                Cell::Tags(row.group_roles.iter().map(tag).collect())
            })
            .column("Account", |row| match row.user.disabled_at {
                None => Cell::State { dot: "up", label: "Enabled" },
                Some(_) => Cell::State { dot: "paused", label: "Disabled" },
            })
            .column("Changed", |row| Cell::Time(Some(row.user.updated_at)))
            .search("Name", |row| row.user.name.clone())
            .filter_words("role", "Role", ROLES, |row| vec![row.user.role.name().to_owned()])
            .filter_words("account", "Account", ACCOUNTS, |row| vec![account(row).to_owned()])
            .filter_names("group", "Group", |row| row.groups.clone())
    }

    fn form() -> Form<Draft> {
        Form::new()
            .fieldset(
                "Person",
                [
                    Field::text("name", "Name", |draft: &mut Draft| &mut draft.name)
                        .required()
                        .fixed()
                        .checked(user_name_problem)
                        .hint("What they sign in with. It cannot be changed later, because the audit log knows them by it."),
                    Field::secret("password", "Password", |draft: &mut Draft| &mut draft.password)
                        .required()
                        .hint("At least 12 characters. A new one ends all their sessions and tokens."),
                ],
            )
            .fieldset(
                "Rights",
                [
                    Field::choice("role", "Role", |draft: &mut Draft| &mut draft.role, roles).required().wide(),
                    Field::segments("sees", "Sees", |draft: &mut Draft| &mut draft.sees, reach).required().wide(),
                    Field::many("groups", "Groups", |draft: &mut Draft| &mut draft.groups, groups::offers).when(&["groups"]),
                    Field::many("operator_in", "Operator in", |draft: &mut Draft| &mut draft.operator_in, groups::offers)
                        .hint("On servers of these groups, whatever the role above says."),
                    Field::many("viewer_in", "Only viewer in", |draft: &mut Draft| &mut draft.viewer_in, groups::offers),
                    Field::many("withheld", "May not", |draft: &mut Draft| &mut draft.withheld, withholdable)
                        .hint("Nowhere, although a role would let them."),
                    Field::tick("enabled", "May sign in", |draft: &mut Draft| &mut draft.enabled),
                ],
            )
    }

    fn actions() -> Vec<Action<Row>> {
        vec![
            Action { name: "disable_user", label: "Disable", deed: disable },
            Action {
                name: "enable_user",
                label: "Enable",
                deed: |connection, by, row| row.user.enable(connection, by.at),
            },
            Action { name: related::SIGN_OUT, label: "Sign out everywhere", deed: sign_out },
        ]
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<Row>> {
        let names: std::collections::BTreeMap<_, _> =
            Group::all(connection)?.into_iter().map(|group| (group.id, group.name)).collect();
        let (mut seen, mut roles) = (User::groups_of_all(connection)?, User::group_roles_of_all(connection)?);
        let row = |user: User| {
            let seen = seen.remove(&user.id).filter(|_| !user.all_groups).unwrap_or_default();
            let groups = seen.iter().filter_map(|id| names.get(id).cloned()).collect();
            let roles = roles.remove(&user.id).unwrap_or_default().into_iter();
            let group_roles = roles.filter_map(|(id, role)| Some((names.get(&id)?.clone(), role))).collect();
            Row { user, groups, group_roles }
        };
        Ok(User::all(connection)?.into_iter().map(row).collect())
    }

    fn id(row: &Row) -> i64 {
        row.user.id.0
    }

    fn name(row: &Row) -> String {
        row.user.name.clone()
    }

    fn updated_at(row: &Row) -> Option<DateTime<Utc>> {
        Some(row.user.updated_at)
    }

    fn blank() -> Draft {
        Draft { role: Role::Viewer.name().to_owned(), sees: ALL.to_owned(), enabled: true, ..Draft::default() }
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        Ok(Draft {
            name: row.user.name.clone(),
            role: row.user.role.name().to_owned(),
            sees: if row.user.all_groups { ALL } else { "groups" }.to_owned(),
            groups: row.groups.clone(),
            operator_in: row.with_role(Role::Operator),
            viewer_in: row.with_role(Role::Viewer),
            withheld: row.user.withheld.clone(),
            password: SecretDraft::stored(true, None),
            enabled: row.user.is_enabled(),
        })
    }

    fn related(connection: &mut Connection, row: &Row, by: &By) -> Result<Vec<Related>> {
        related::of(connection, row.user.id, by)
    }

    fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
        let entered = draft.password.entered.as_ref();
        if let Some(problem) = entered.and_then(|entered| password::problem(entered, &draft.name)) {
            check.problems.add("password", problem);
        }
        if draft.sees == ALL {
            draft.groups.clear();
        }
        let sees = |name: &&String| draft.sees == ALL || draft.groups.contains(name);
        for (field, names) in [("operator_in", &draft.operator_in), ("viewer_in", &draft.viewer_in)] {
            if let Some(unseen) = names.iter().find(|name| !sees(name)) {
                let problem = Message::new("They do not see the servers of {group}").with("group", unseen);
                check.problems.add(field, problem);
            }
        }
        if let Some(both) = draft.viewer_in.iter().find(|name| draft.operator_in.contains(name)) {
            let problem = Message::new("Choose one role in {group}").with("group", both);
            check.problems.add("viewer_in", problem);
        }
        if check.row.is_some_and(|row| is_oneself(check.by, &row.user)) {
            if draft.role != Role::Administrator.name() {
                check.problems.add("role", "You cannot take this role from yourself; another administrator can");
            }
            if !draft.enabled {
                check.problems.add("enabled", "You cannot disable yourself; another administrator can");
            }
        }
        Ok(())
    }

    fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
        let hash = by.password_hash.as_ref().ok_or_else(|| Error::field("password", "Enter the password"))?;
        let rights = rights(connection, draft)?;
        let user = NewUser { name: &draft.name, password_hash: hash, rights }.insert(connection)?;
        if !draft.enabled {
            user.disable(connection, by.at)?;
        }
        Ok(user.id.0)
    }

    fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
        let (user, rights) = (&row.user, rights(connection, draft)?);
        let at_role = |error| match error {
            Error::Conflict(problem) => Error::field("role", problem),
            other => other,
        };
        if rights != user.rights(connection)? {
            user.change_rights(connection, &rights, by.at).map_err(at_role)?;
        }
        if let Some(hash) = &by.password_hash {
            let kept = by.session.as_ref().filter(|_| is_oneself(by, user));
            user.change_password(connection, hash, kept, by.at)?;
        }
        match (user.is_enabled(), draft.enabled) {
            (true, false) => user.disable(connection, by.at).map_err(at_role),
            (false, true) => user.enable(connection, by.at),
            _ => Ok(()),
        }
    }
}
