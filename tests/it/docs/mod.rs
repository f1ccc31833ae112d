//! The pages under `docs/` and the README say what is so: links lead somewhere, names exist, examples run.

mod command_lines;
mod examples;
mod links;
mod names;
mod unit_file;

use std::path::PathBuf;

use crate::house::sizes::files;

/// Where the project is.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// One page.
pub(super) struct Page {
    path: PathBuf,
    text: String,
}

/// Lines between fences.
pub(super) struct Block<'p> {
    language: &'p str,
    text: String,
}

/// The README and every page under `docs/`.
pub(super) fn pages() -> Vec<Page> {
    let paths = files("docs", &["md"]).into_iter().chain([PathBuf::from(ROOT).join("README.md")]);
    paths.map(|path| Page { text: std::fs::read_to_string(&path).unwrap(), path }).collect()
}

/// One page under `docs/`.
pub(super) fn page(name: &str) -> Page {
    pages().into_iter().find(|page| page.path.ends_with(name)).unwrap_or_else(|| panic!("there is no {name}"))
}

impl Page {
    /// What stands between fences, in order.
    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut inside = false;
        for line in self.text.lines() {
            match line.strip_prefix("```") {
                Some(_) if inside => inside = false,
                Some(language) => {
                    inside = true;
                    blocks.push(Block { language, text: String::new() });
                }
                None if inside => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                None => {}
            }
        }
        blocks
    }

    /// The page without what stands between fences.
    fn prose(&self) -> String {
        let mut inside = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.starts_with("```") {
                inside = !inside;
            } else if !inside {
                prose.push_str(line);
                prose.push('\n');
            }
        }
        prose
    }

    /// What stands between backticks in the prose.
    fn code_spans(&self) -> Vec<String> {
        let prose = self.prose();
        let paragraphs = prose.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
        paragraphs
            .flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// Its name for complaints.
    fn name(&self) -> String {
        self.path.strip_prefix(ROOT).unwrap().display().to_string()
    }
}
