//! `seamark-grafana write`: the dashboards as files. `seamark-grafana queries`: what they ask, a JSON object a line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use seamark_grafana::output;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write"] => write(&home()),
        ["write", folder] => write(Path::new(folder)),
        ["queries"] => {
            queries();
            Ok(())
        }
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
    for (path, text) in &files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text)?;
    }
    for folder in [folder.to_path_buf(), folder.join("examples")] {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let known = files.keys().any(|known| Path::new(known).file_name() == path.file_name());
            if name.starts_with("seamark-") && name.ends_with(".json") && !known {
                fs::remove_file(&path)?;
            }
        }
    }
    say(&format!("{} files in {}", files.len(), folder.display()));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a list to be read by programs")]
fn queries() {
    let dashboards: Vec<_> = seamark_grafana::all().iter().map(seamark_grafana::Board::json).collect();
    for query in output::queries(&dashboards) {
        println!("{query}");
    }
}

fn say(text: &str) {
    eprintln!("{text}");
}
