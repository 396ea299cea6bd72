//! `seamark-grafana write`: the dashboards as files. `seamark-grafana queries`: what they ask, a JSON object a line.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use seamark_grafana::output;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write"] => write(&home()),
        ["write", folder] => write(Path::new(folder)),
        ["queries"] => queries(),
        _ => return usage(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("seamark-grafana: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    say("usage: seamark-grafana write [FOLDER] | queries");
    ExitCode::from(2)
}

/// Where the committed files are, seen from this crate.
fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards")
}

/// Writes all files, and takes out the dashboards that no board makes any more.
fn write(folder: &Path) -> io::Result<()> {
    let files = output::files(&seamark_grafana::all());
    let homes: BTreeSet<&Path> = files.keys().filter_map(|path| Path::new(path).parent()).collect();
    for home in homes {
        fs::create_dir_all(folder.join(home))?;
        for entry in fs::read_dir(folder.join(home))? {
            let path = home.join(entry?.file_name());
            let ours = path.extension().is_some_and(|extension| extension == "json");
            if ours && !files.keys().any(|known| Path::new(known) == path) {
                fs::remove_file(folder.join(path))?;
            }
        }
    }
    for (path, text) in &files {
        fs::write(folder.join(path), text)?;
    }
    say(&format!("{} files in {}", files.len(), folder.display()));
    Ok(())
}

/// Lists all queries on standard output; whoever reads may stop reading.
fn queries() -> io::Result<()> {
    let dashboards: Vec<_> = seamark_grafana::all().iter().map(seamark_grafana::Board::json).collect();
    let mut out = io::stdout().lock();
    let written = output::queries(&dashboards).iter().try_for_each(|query| writeln!(out, "{query}"));
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn say(text: &str) {
    eprintln!("{text}");
}
