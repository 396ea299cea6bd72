//! The cgroup of one container, with its open files, and what reads them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::layout::{Controller, Version};
use super::locate::Dirs;
use crate::docker::running::Running;
use crate::faults::Faults;
use crate::host::{Held, HostFile, HostRoot, ReadError};
use crate::text::ParseError;

/// A container that runs, and its cgroup.
#[derive(Debug)]
pub struct Place {
    running: Arc<Running>,
    dirs: Dirs,
    files: Mutex<Vec<Entry>>,
    lost: AtomicBool,
    /// Limits of CPU time.
    pub cpu: Cached<super::reading::CpuLimits>,
    /// Limits of memory.
    pub memory: Cached<super::reading::MemoryLimits>,
    /// The most threads; 0 is without limit.
    pub threads_max: Cached<Option<u64>>,
}

#[derive(Debug)]
struct Entry {
    controller: Controller,
    name: &'static str,
    held: Held,
    /// This kernel has no such file.
    absent: bool,
}

impl Place {
    pub(super) fn new(running: Arc<Running>, dirs: Dirs) -> Self {
        Self {
            running,
            dirs,
            files: Mutex::default(),
            lost: AtomicBool::new(false),
            cpu: Cached::default(),
            memory: Cached::default(),
            threads_max: Cached::default(),
        }
    }

    /// The container.
    pub const fn running(&self) -> &Arc<Running> {
        &self.running
    }

    pub(super) const fn dirs(&self) -> &Dirs {
        &self.dirs
    }

    /// Which files a controller has for it; `None` where the controller is not there.
    pub fn version(&self, controller: Controller) -> Option<Version> {
        self.dirs.of(controller).map(|(_, version)| version)
    }

    /// Its directory for a controller, below sysfs.
    pub fn directory(&self, controller: Controller) -> Option<&str> {
        self.dirs.of(controller).map(|(directory, _)| directory)
    }

    /// Whether its directory was gone when it was read: it is looked for anew at the next scrape.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Reads files of cgroups: one buffer for all, and what went wrong.
pub struct Reader<'a> {
    host: &'a HostRoot,
    buffer: Vec<u8>,
    /// What could not be read or understood. That a container is gone is no fault.
    pub faults: Faults,
}

impl<'a> Reader<'a> {
    /// A reader for one run of a collector.
    pub fn new(host: &'a HostRoot) -> Self {
        Self { host, buffer: Vec::new(), faults: Faults::default() }
    }

    /// What `parse` makes of a file that is read at every scrape; `None` where there is none, or its container is gone.
    pub fn read<T>(
        &mut self,
        place: &Place,
        controller: Controller,
        name: &'static str,
        parse: impl FnOnce(&[u8]) -> Result<T, ParseError>,
    ) -> Option<T> {
        let (directory, _) = place.dirs.of(controller)?;
        let mut files = place.files.lock().unwrap_or_else(PoisonError::into_inner);
        let known = files.iter().position(|entry| entry.controller == controller && entry.name == name);
        let at = known.unwrap_or_else(|| {
            files.push(Entry { controller, name, held: Held::default(), absent: false });
            files.len() - 1
        });
        let entry = files.get_mut(at).filter(|entry| !entry.absent)?;
        match self.host.read_held(&mut entry.held, directory, name, &mut self.buffer) {
            Ok(bytes) => match parse(bytes) {
                Ok(value) => Some(value),
                Err(error) => {
                    drop(files);
                    self.fault(place, controller, name, error);
                    None
                }
            },
            Err(ReadError::Absent { .. }) if !self.host.sys_exists(directory) => {
                place.lost.store(true, Ordering::Relaxed);
                None
            }
            Err(error) => {
                entry.absent = is_absent(&error);
                if !entry.absent {
                    self.faults.add(error);
                }
                None
            }
        }
    }

    /// Notes a line of a file that is not what it should be.
    pub fn fault(&mut self, place: &Place, controller: Controller, name: &str, error: ParseError) {
        let path = self.host.sys_path(place.directory(controller).unwrap_or_default(), name);
        self.faults.line(&HostFile { path, bytes: Vec::new() }, error);
    }

    /// What `parse` makes of a file that is seldom read, and not kept open; `None` where there is none.
    pub fn read_once<T>(
        &mut self,
        place: &Place,
        controller: Controller,
        name: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, ParseError>,
    ) -> Option<T> {
        let (directory, _) = place.dirs.of(controller)?;
        match self.host.read_sys_once(&format!("{directory}/{name}")) {
            Ok(file) => self.faults.take(file.parse(parse)),
            Err(error) if is_absent(&error) => None,
            Err(error) => self.faults.take(Err(error)),
        }
    }

    /// Its host.
    pub const fn host(&self) -> &'a HostRoot {
        self.host
    }
}

/// Also where the kernel has the file, but nothing to say in it: pressure with `psi=0`, the processes of a threaded
/// cgroup.
fn is_absent(error: &ReadError) -> bool {
    match error {
        ReadError::Absent { .. } => true,
        ReadError::Unreadable { source, .. } => source.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error()),
        ReadError::Malformed { .. } => false,
    }
}

/// How long a limit is believed. `docker update` has an event, and makes the container's [`Place`] anew; this is for
/// `systemctl set-property` and the like.
const HOLD: Duration = Duration::from_secs(300);

/// Something that changes seldom.
#[derive(Debug)]
pub struct Cached<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Cached<T> {
    /// What was read last; read anew when that is long ago.
    pub fn get(&self, now: Instant, read: impl FnOnce() -> T) -> T {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match cached.as_ref() {
            Some((since, value)) if now.saturating_duration_since(*since) < HOLD => value.clone(),
            _ => cached.insert((now, read())).1.clone(),
        }
    }
}
