//! What is in one directory: a part of it, in an order.

mod find;
pub(in crate::commands) mod rows;
mod stat;

use super::{Acting, Entry, FilePath, on, refusals};
use crate::commands::script::{Parameters, Value};
use crate::commands::{Command, CommandType, ParseError, Read, Refusal};

pub(in crate::commands) const FORMATS: &[&str] = &["files-find", "files-stat", "table"];

/// The most entries of one answer (F03).
pub const MOST: usize = 10_000;

/// By what a directory is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Directories first, then by name.
    #[default]
    Name,
    /// Smallest first.
    Size,
    /// By owner and group.
    Owner,
    /// Oldest first.
    Modified,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Name, Self::Size, Self::Owner, Self::Modified];

    /// The word in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::Owner => "owner",
            Self::Modified => "modified",
        }
    }

    /// The order of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.name() == name)
    }
}

/// A part of a directory.
#[derive(Debug, Clone)]
pub struct ListDirectory {
    /// Which; a link is followed.
    pub path: FilePath,
    /// As whom.
    pub acting: Acting,
    /// By what it is sorted.
    pub order: Order,
    /// The other way round.
    pub falling: bool,
    /// Also names that begin with a dot.
    pub hidden: bool,
    /// Only names with this in them; letters of either case.
    pub filter: String,
    /// How many entries are left out before.
    pub from: usize,
    /// How many entries at most.
    pub limit: usize,
}

impl ListDirectory {
    /// The first entries of a directory, by name.
    pub fn new(path: FilePath, acting: Acting, limit: usize) -> Self {
        let (order, filter) = (Order::default(), String::new());
        Self { path, acting, order, falling: false, hidden: true, filter, from: 0, limit: limit.min(MOST) }
    }

    /// Sorts, filters and cuts what a server listed in its own order: at most [`MOST`] entries.
    fn arrange(&self, Listed { mut entries, dropped, counted }: Listed) -> Listing {
        let filter = self.filter.to_ascii_lowercase().into_bytes();
        let fits = |entry: &Entry| {
            let name = entry.name.to_ascii_lowercase();
            (self.hidden || !name.starts_with(b"."))
                && (filter.is_empty() || name.windows(filter.len()).any(|part| part == filter))
        };
        let listed = (entries.len() + dropped) as u64;
        entries.retain(fits);
        entries.sort_by(|one, other| {
            let order = match self.order {
                Order::Name => std::cmp::Ordering::Equal,
                Order::Size => one.seen.size.cmp(&other.seen.size),
                Order::Owner => (&one.owner, &one.group).cmp(&(&other.owner, &other.group)),
                Order::Modified => one.seen.modified.cmp(&other.seen.modified),
            };
            let order = order.then_with(|| one.name.cmp(&other.name));
            let order = if self.falling { order.reverse() } else { order };
            let is_file = |entry: &Entry| entry.kind != super::Kind::Directory;
            if self.order == Order::Name { is_file(one).cmp(&is_file(other)).then(order) } else { order }
        });
        // Where the server did not list everything, what fits of the rest is not known.
        let is_cut = counted.is_some_and(|counted| counted > listed);
        let total = if is_cut { counted.unwrap_or(listed) } else { entries.len() as u64 };
        let entries = entries.into_iter().skip(self.from).take(self.limit).collect();
        Listing { entries, total, is_cut, dropped }
    }
}

/// What a server listed in its own order.
struct Listed {
    entries: Vec<Entry>,
    /// Entries that were none.
    dropped: usize,
    /// How many names the directory holds, where the server counted them.
    counted: Option<u64>,
}

impl Listed {
    /// Where none of what came is a file, it is no empty directory (F03).
    fn checked(self, output: &[u8]) -> Result<Self, ParseError> {
        if self.entries.is_empty() && self.dropped > 0 {
            return Err(ParseError::new("none of this is a file", output));
        }
        Ok(self)
    }
}

/// Whether this can be the name of a file in a directory: what leads elsewhere is none (F03).
fn is_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/') && !name.contains(&0)
}

/// Entries of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// In the order that was asked for.
    pub entries: Vec<Entry>,
    /// How many the directory holds that fit.
    pub total: u64,
    /// The server did not list all: the order and the filter are of its first names, [`MOST`] at most.
    pub is_cut: bool,
    /// Entries that are none and are left out: with a slash in their name, without a name, of no shape that is known.
    pub dropped: usize,
}

impl Listing {
    /// How many entries the server listed, those that are left out too.
    pub fn listed(&self) -> usize {
        self.entries.len() + self.dropped
    }
}

impl Command for ListDirectory {
    const TYPE: CommandType = CommandType::ListDirectory;
    type Output = Listing;

    fn parameters(&self) -> Parameters {
        let sort = match (self.order, self.falling) {
            (Order::Name, false) => "-k1,1",
            (Order::Name, true) => "-k1,1r",
            (Order::Size, false) => "-k4,4n",
            (Order::Size, true) => "-k4,4nr",
            (Order::Modified, false) => "-k5,5n",
            (Order::Modified, true) => "-k5,5nr",
            (Order::Owner, false) => "-k10,11",
            (Order::Owner, true) => "-k10,11r",
        };
        let whole = |number: usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        on(&self.path)
            .with("sort", Value::OneOf(sort))
            .with("hidden", Value::OneOf(if self.hidden { "*" } else { "[!.]*" }))
            .with("pattern", Value::Text(pattern(&self.filter)))
            .with("first", whole(self.from.saturating_add(1)))
            .with("count", whole(self.limit.min(MOST)))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Listing, ParseError> {
        match format {
            "files-find" => find::parse(output, self.limit.min(MOST)),
            "files-stat" => stat::parse(output).map(|listed| self.arrange(listed)),
            "table" => rows::parse(output).map(|listed| self.arrange(listed)),
            other => Err(ParseError::unknown_format(other)),
        }
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        refusals::refusal(status)
    }
}

impl Read for ListDirectory {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        self.path.shown()
    }
}

/// What find calls names with `filter` in them; signs that mean something to it are taken literally.
fn pattern(filter: &str) -> Vec<u8> {
    let mut pattern = b"*".to_vec();
    for byte in filter.bytes().filter(|byte| *byte != 0) {
        if b"*?[]\\".contains(&byte) {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
    if !filter.is_empty() {
        pattern.push(b'*');
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(order: Order, falling: bool) -> ListDirectory {
        ListDirectory { order, falling, ..ListDirectory::new(FilePath::root(), Acting::User, 3) }
    }

    fn answer() -> Listed {
        let rows = b"b\tfile\t30\t5\t6\t0644\t1\troot\troot\n.a\tfile\t10\t9\t9\t0600\t2\troot\troot\nd\tdirectory\t20\t7\t7\t0755\t3\tdeploy\tadm\nC\tfile\t5\t8\t8\t0644\t4\troot\troot\n";
        rows::parse(rows).unwrap()
    }

    fn names(command: &ListDirectory) -> String {
        let listing = command.arrange(answer());
        listing.entries.iter().map(|entry| String::from_utf8_lossy(&entry.name) + " ").collect()
    }

    #[test]
    fn a_directory_that_was_listed_as_it_lies_is_sorted_filtered_and_cut_here() {
        assert_eq!(names(&list(Order::Name, false)), "d .a C ");
        assert_eq!(names(&list(Order::Name, true)), "d b C ");
        assert_eq!(names(&list(Order::Size, true)), "b d .a ");
        assert_eq!(names(&list(Order::Modified, false)), "b d C ");
        assert_eq!(names(&list(Order::Owner, false)), "d .a C ");
        let filtered = ListDirectory { filter: "c".into(), ..list(Order::Name, false) };
        assert_eq!(names(&filtered), "C ");
        let visible = ListDirectory { hidden: false, from: 1, ..list(Order::Name, false) };
        assert_eq!(names(&visible), "C b ");
        assert_eq!(visible.arrange(Listed { counted: Some(50_000), ..answer() }).total, 50_000);
    }

    #[test]
    fn sec_f03_an_entry_that_leads_elsewhere_is_left_out_and_counted_in_every_format() {
        let file = "0/1.500000000/1.500000000/644/7/1/root/root/";
        let odd = ["a/b", "../../x", "..", ".", "", "/etc/passwd"];
        let find = odd.map(|name| format!("{name}/f/f/{file}\0")).concat() + &format!("kept/f/f/{file}\0");
        let table = |name: &str| format!("{name}\tfile\t0\t1\t1\t0644\t7\troot\troot\n");
        let rows = odd.map(|name| if name.is_empty() { String::new() } else { table(name) }).concat() + &table("kept");
        let lines = odd.map(|name| format!("./{name}/regular file/{file}\n")).concat();
        let names = odd.map(|name| format!("./{name}\0")).concat();
        let stat = format!("7\0{names}./kept\0\0{lines}./kept/regular file/{file}\n");
        let list = ListDirectory { limit: 10, ..list(Order::Name, false) };
        for (format, answer, dropped) in
            [("files-find", format!("7\0{find}"), 6), ("files-stat", stat, 6), ("table", rows, 5)]
        {
            let listing = list.parse(format, answer.as_bytes()).unwrap();
            let names: Vec<&[u8]> = listing.entries.iter().map(|entry| entry.name.as_slice()).collect();
            assert_eq!((names, listing.dropped), (vec![&b"kept"[..]], dropped), "{format}");
        }
        // Where nothing is left, it is no empty directory.
        for (format, answer) in [
            ("files-find", format!("1\0../f/f/{file}\0")),
            ("files-stat", format!("1\0./a/b\0\0./a/b/regular file/{file}\n")),
            ("table", table("a/b")),
        ] {
            assert!(list.parse(format, answer.as_bytes()).is_err(), "{format}");
        }
    }

    #[test]
    fn sec_p01_a_filter_is_taken_literally() {
        assert_eq!(pattern("*.[x]\\?"), b"*\\*.\\[x\\]\\\\\\?*");
        assert_eq!(pattern(""), b"*");
    }
}
