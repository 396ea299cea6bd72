//! Why a start failed: a table over the engine's words, which are told to people but are too many for a label.

/// Why a container could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartFailure {
    /// Another program has the port.
    PortTaken,
    /// The program is not in the image.
    NoSuchProgram,
    /// A volume or a bind mount.
    Mount,
    /// Something else that the container runtime refused.
    Oci,
    /// None of these.
    Other,
}

impl StartFailure {
    /// Every reason, in the order in which they are exported.
    pub const ALL: [Self; 5] = [Self::PortTaken, Self::NoSuchProgram, Self::Mount, Self::Oci, Self::Other];

    /// The value of the label `reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PortTaken => "port_taken",
            Self::NoSuchProgram => "no_such_program",
            Self::Mount => "mount",
            Self::Oci => "oci",
            Self::Other => "other",
        }
    }

    /// The reason for `State.Error`. The first row that fits decides: every mistake inside the container is the
    /// runtime's refusal, too.
    pub fn read(error: &str) -> Self {
        let error = error.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
        match () {
            () if says(&["port is already allocated", "address already in use", "ports are not available"]) => {
                Self::PortTaken
            }
            () if says(&[
                "error mounting",
                "while mounting",
                "failed to mount",
                "mount config",
                "statfs ",
                "bind source",
            ]) =>
            {
                Self::Mount
            }
            () if says(&["executable file"]) && says(&["not found"]) => Self::NoSuchProgram,
            () if says(&["exec: "]) && says(&["no such file or directory"]) => Self::NoSuchProgram,
            () if says(&["oci runtime", "runc", "crun", "shim task"]) => Self::Oci,
            () => Self::Other,
        }
    }
}

/// A start that failed, and was not followed by one that did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedStart {
    /// Why.
    pub reason: StartFailure,
    /// Tells this failure from another one with the same reason.
    pub(super) mark: u64,
}

impl FailedStart {
    /// Reads `State.Error`; `None` where it is empty.
    pub fn read(error: &str) -> Option<Self> {
        (!error.is_empty()).then(|| Self { reason: StartFailure::read(error), mark: mark(error) })
    }
}

/// FNV-1a (Fowler, Noll, Vo): the same in every version of this program, because the state file keeps it.
fn mark(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::{FailedStart, StartFailure, mark};

    #[test]
    fn the_words_of_engines_and_runtimes_become_a_reason() {
        let cases = [
            // Docker 28.5.2 and 20.10, from the recordings and from engines.
            (
                "failed to set up container networking: driver failed programming external connectivity on endpoint \
                 ev-b (d5ab): Bind for 0.0.0.0:18080 failed: port is already allocated",
                StartFailure::PortTaken,
            ),
            (
                "driver failed programming external connectivity on endpoint web: failed to bind port \
                 0.0.0.0:80/tcp: Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use",
                StartFailure::PortTaken,
            ),
            (
                "failed to create task for container: failed to create shim task: OCI runtime create failed: runc \
                 create failed: unable to start container process: error during container init: exec: \
                 \"/no/such/program\": stat /no/such/program: no such file or directory",
                StartFailure::NoSuchProgram,
            ),
            (
                "OCI runtime create failed: runc create failed: unable to start container process: exec: \"serve\": \
                 executable file not found in $PATH: unknown",
                StartFailure::NoSuchProgram,
            ),
            (
                "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container \
                 process: error during container init: error mounting \"/a\" to rootfs at \"/b\": not a directory",
                StartFailure::Mount,
            ),
            (
                "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container \
                 process: exec: \"/run.sh\": permission denied: unknown",
                StartFailure::Oci,
            ),
            ("network shop_default not found", StartFailure::Other),
            // Podman 4 with crun.
            (
                "crun: executable file `serve` not found in $PATH: No such file or directory: OCI runtime attempted",
                StartFailure::NoSuchProgram,
            ),
            ("rootlessport listen tcp 0.0.0.0:8080: bind: address already in use", StartFailure::PortTaken),
            ("statfs /srv/data: no such file or directory", StartFailure::Mount),
        ];
        for (error, reason) in cases {
            assert_eq!(StartFailure::read(error), reason, "{error}");
        }
    }

    #[test]
    fn two_failures_with_the_same_reason_are_told_apart_by_what_was_said() {
        assert_eq!(FailedStart::read(""), None);
        assert_ne!(
            FailedStart::read("endpoint a: address already in use"),
            FailedStart::read("endpoint b: address already in use")
        );
        // Published with the algorithm.
        assert_eq!(mark("a"), 0xaf63_dc4c_8601_ec8c);
    }
}
