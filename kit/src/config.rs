//! Configuration files: YAML with line and column for every problem, and all problems at once.
//!
//! A file is parsed into a tree that keeps positions, variables are expanded in its scalars, and the program reads
//! it section by section. What is wrong is collected on the way; a key that nobody asked for is a problem too. serde's
//! derive is not used here, because it stops at the first fault.

mod asked;
mod expand;
mod node;
mod problem;
mod scalar;
mod section;

pub use asked::Asked;
pub use expand::Environment;
pub use problem::{Position, Problem, Problems};
pub use scalar::{did_you_mean, duration, shown};
pub use section::{Item, Section};

/// A configuration text and what it is read with.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's name, as the user gave it; it begins every problem.
    pub name: String,
    /// The YAML text.
    pub text: String,
    /// Where `${VARIABLE}` is looked up.
    pub environment: Environment,
    /// Values that win over the file: flags and environment variables.
    pub overrides: Vec<Override>,
}

/// A value that wins over the file.
#[derive(Debug, Clone)]
pub struct Override {
    /// The keys down to the value, such as `["collectors", "cpu", "info"]`.
    pub path: Vec<String>,
    /// The value.
    pub value: String,
    /// What the user typed, such as `--collector.cpu.info`; problems name it.
    pub origin: String,
}

impl Source {
    /// A text whose variables are those of the process.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), environment: Environment::process(), overrides: Vec::new() }
    }

    /// The same text with these variables and no others.
    #[must_use]
    pub fn with_environment<const N: usize>(mut self, variables: [(&str, &str); N]) -> Self {
        self.environment = Environment::fixed(variables);
        self
    }

    /// The same text with one more value that wins over it.
    #[must_use]
    pub fn with_override(mut self, path: &[&str], value: impl Into<String>, origin: impl Into<String>) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        self.overrides.push(Override { path, value: value.into(), origin: origin.into() });
        self
    }
}

/// Reads a configuration. `build` is handed the root and takes from it what it knows.
///
/// # Errors
///
/// [`Problems`], each with its position, when there was at least one; what `build` made is dropped then.
pub fn read<T>(source: &Source, build: impl FnOnce(&mut Section) -> T) -> Result<T, Problems> {
    read_with(source, build, &problem::Log::new(source.name.clone()))
}

/// Reads a configuration, good or not, and tells which keys were asked for on the way, in that order.
pub fn keys<T>(source: &Source, build: impl FnOnce(&mut Section) -> T) -> Vec<Asked> {
    let log = problem::Log::new(source.name.clone());
    log.asked().start();
    // Problems are for whoever runs it.
    let _ = read_with(source, build, &log);
    log.asked().take()
}

fn read_with<T>(source: &Source, build: impl FnOnce(&mut Section) -> T, log: &problem::Log) -> Result<T, Problems> {
    let node::Parsed { mut root, duplicates } = match node::parse(&source.text) {
        Ok(parsed) => parsed,
        Err(fault) => {
            log.report(Some(fault.position), "", fault.message);
            return Err(log.take());
        }
    };
    for (position, key) in duplicates {
        log.report(position, "", format!("the key `{key}` stands twice in this mapping"));
    }
    expand::expand(&mut root, &source.environment, log);
    for change in &source.overrides {
        root.set(&change.path, &change.value, &change.origin);
    }
    let built = {
        let mut section = Section::root(root, log.clone());
        build(&mut section)
    };
    let problems = log.take();
    if problems.is_empty() { Ok(built) } else { Err(problems) }
}

#[cfg(test)]
mod tests;
