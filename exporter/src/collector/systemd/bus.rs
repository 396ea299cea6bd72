//! systemd on D-Bus: where it is, and the three questions it is asked.

use std::fmt;
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;
use zbus::connection::Builder;
use zbus::{Connection, Error, Message, OwnedObjectPath, OwnedVariant, fdo};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "/org/freedesktop/systemd1";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Where systemd is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A bus, by its address.
    Address(String),
    /// The system's bus, by its socket.
    Bus(PathBuf),
    /// systemd's own socket.
    Private(PathBuf),
}

impl Place {
    /// `address` is that of the environment: it stands above the socket below the host's root.
    pub(super) fn new(root: &Path, private: bool, address: Option<String>) -> Self {
        match address.filter(|address| !address.is_empty()) {
            _ if private => Self::Private(root.join("run/systemd/private")),
            Some(address) => Self::Address(address),
            None => Self::Bus(root.join("run/dbus/system_bus_socket")),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => f.write_str(address),
            Self::Bus(socket) | Self::Private(socket) => socket.display().fmt(f),
        }
    }
}

/// One unit, as systemd lists it.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) name: String,
    /// Not merely named by another unit.
    pub(super) is_loaded: bool,
    pub(super) active_state: String,
    pub(super) path: OwnedObjectPath,
}

impl Unit {
    /// Its type: `service` of `nginx.service`.
    pub(super) fn suffix(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, suffix)| suffix)
    }
}

/// Name, description, load state, active state, sub-state, following unit, path, and three on its job.
type Listed = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// A connection to systemd.
pub(super) struct Bus {
    connection: Connection,
    /// Nobody else is at the other end of systemd's own socket.
    destination: Option<&'static str>,
}

impl Bus {
    pub(super) async fn connect(place: &Place) -> zbus::Result<Self> {
        let (connection, destination) = match place {
            Place::Address(address) => (Builder::address(address.as_str()).build().await?, Some(SYSTEMD)),
            Place::Bus(socket) => (on_socket(socket).await?.build().await?, Some(SYSTEMD)),
            Place::Private(socket) => (on_socket(socket).await?.p2p().build().await?, None),
        };
        Ok(Self { connection, destination })
    }

    /// All units that systemd has in memory, by name.
    pub(super) async fn units(&self) -> zbus::Result<Vec<Unit>> {
        let interface = "org.freedesktop.systemd1.Manager";
        let answer = self.connection.call_method(self.destination, MANAGER, Some(interface), "ListUnits", &()).await?;
        let listed: Vec<Listed> = answer.body().deserialize()?;
        let unit = |(name, _, load_state, active_state, _, _, path, ..): Listed| Unit {
            is_loaded: load_state == "loaded",
            name,
            active_state,
            path,
        };
        let mut units: Vec<_> = listed.into_iter().map(unit).collect();
        units.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(units)
    }

    /// A property of systemd itself; `None` if it has no such property.
    pub(super) async fn manager_property<T: TryFrom<OwnedVariant>>(&self, name: &str) -> zbus::Result<Option<T>> {
        value(self.get(MANAGER, "Manager", name).await)
    }

    /// A property of a unit; `None` if it has no such property, or is gone.
    pub(super) async fn property<T: TryFrom<OwnedVariant>>(
        &self,
        unit: &OwnedObjectPath,
        interface: &str,
        name: &str,
    ) -> zbus::Result<Option<T>> {
        value(self.get(unit.as_str(), interface, name).await)
    }

    async fn get(&self, path: &str, interface: &str, name: &str) -> zbus::Result<Message> {
        let property = (format!("{SYSTEMD}.{interface}"), name);
        self.connection.call_method(self.destination, path, Some(PROPERTIES), "Get", &property).await
    }
}

async fn on_socket(socket: &Path) -> zbus::Result<Builder<'static>> {
    Ok(Builder::unix_stream(UnixStream::connect(socket).await?.into_std()?))
}

fn value<T: TryFrom<OwnedVariant>>(answer: zbus::Result<Message>) -> zbus::Result<Option<T>> {
    match answer {
        Ok(answer) => {
            let value: OwnedVariant = answer.body().deserialize()?;
            value.try_into().map(Some).map_err(|_| Error::IncorrectType)
        }
        // An error of systemd's own, such as `org.freedesktop.systemd1.NoSuchUnit`.
        Err(Error::MethodError(..)) => Ok(None),
        Err(Error::FDO(error)) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The others of these errors are the bus's, and tell nothing of the property.
fn is_absence(error: &fdo::Error) -> bool {
    use fdo::Error::{AccessDenied, InvalidArgs, UnknownInterface, UnknownMethod, UnknownObject, UnknownProperty};
    matches!(
        error,
        UnknownProperty(_)
            | UnknownInterface(_)
            | UnknownObject(_)
            | UnknownMethod(_)
            | InvalidArgs(_)
            | AccessDenied(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bus_is_the_host_s_unless_the_environment_has_another() {
        let place = |private, address: &str| Place::new(Path::new("/host"), private, Some(address.to_owned()));
        assert_eq!(place(false, ""), Place::Bus("/host/run/dbus/system_bus_socket".into()));
        assert_eq!(place(false, "unix:path=/x"), Place::Address("unix:path=/x".to_owned()));
        assert_eq!(place(true, "unix:path=/x"), Place::Private("/host/run/systemd/private".into()));
    }
}
