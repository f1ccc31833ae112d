//! All that runs need, of several at once: few questions to the database, however many runs there are.

use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::ids::ScenarioId;
use crate::models::runs::Run;
use crate::models::scenarios::{Destination, Scenario};
use crate::scenarios::reading::stored;
use crate::scenarios::rights::{Place, Places};

/// A run with all that it needs.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) scenario: Scenario,
    pub(super) destinations: Vec<Destination>,
    /// With whose rights it reads, and where; or why it cannot.
    pub(super) place: Place,
}

impl Loaded {
    pub(super) fn of(connection: &mut Connection, runs: Vec<Run>) -> Result<Vec<Self>> {
        let ids: Vec<ScenarioId> = runs.iter().map(|run| run.scenario_id).collect();
        let scenarios = Scenario::by_ids(connection, &ids)?;
        let mut destinations = Destination::of_all(connection, &ids)?;
        let mut places = Places::default();
        let mut loaded = Vec::with_capacity(runs.len());
        for run in runs {
            // One that was deleted has taken its runs along.
            let Some(scenario) = scenarios.get(&run.scenario_id).cloned() else { continue };
            let place = places.of(connection, &scenario)?;
            // Several runs of one scenario may be in hand together.
            let destinations = destinations.entry(scenario.id).or_default().clone();
            loaded.push(Self { run, scenario, destinations, place });
        }
        Ok(loaded)
    }
    /// Why its owner may not let it run; none where they may, and where it has read already (Z04).
    pub(super) fn refused(&self) -> Option<&Message> {
        let nowhere = self.place.as_ref().err().filter(|nowhere| nowhere.is_refused)?;
        stored(&self.run.readings).is_empty().then_some(&nowhere.why)
    }
}
