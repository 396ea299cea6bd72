//! The labels of what is told of one container, made once and not for each of its dozens of samples.

use std::borrow::Cow;

use seamark_kit::exposition::CommonLabels;

use crate::docker::container::{COMPOSE_PROJECT, COMPOSE_SERVICE, Identity};

/// Two sets: what finds the container again, and what people select by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LifeLabels {
    /// `id` and `name`.
    pub named: CommonLabels,
    /// These, `image`, and of Compose's containers `compose_project` and `compose_service`.
    pub described: CommonLabels,
}

impl LifeLabels {
    /// Those of a container that is this one.
    pub fn of(identity: &Identity) -> Self {
        let labels = [
            ("id", identity.path()),
            ("name", identity.name.clone()),
            ("image", identity.image.clone()),
            ("compose_project", identity.label(COMPOSE_PROJECT).to_owned()),
            ("compose_service", identity.label(COMPOSE_SERVICE).to_owned()),
        ]
        .map(|(name, value)| (Cow::Borrowed(name), value));
        Self { named: CommonLabels::new(labels.iter().take(2).cloned()), described: CommonLabels::new(labels) }
    }
}
