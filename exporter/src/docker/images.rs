//! What the names of images mean now: a container goes on with the image it was made from, whatever is pulled.

use std::collections::{BTreeMap, BTreeSet};

/// The id that a name stands for; `None` where it stands for none, or the engine would not say.
pub type Images = BTreeMap<String, Option<String>>;

/// Whether a container that was asked for as `image` runs another one than the name stands for now. `None` where that
/// cannot be told.
pub fn is_outdated(image: &str, image_id: &str, images: &Images) -> Option<bool> {
    if image_id.is_empty() || image.is_empty() {
        return None;
    }
    if is_fixed(image) {
        return Some(false);
    }
    let now = images.get(image)?.as_deref()?;
    Some(bare(now) != bare(image_id))
}

/// The names worth asking for.
pub fn names<'a>(images: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    images.filter(|image| !image.is_empty() && !is_fixed(image)).map(str::to_owned).collect()
}

/// A name that can never mean another image: a digest, or an id.
fn is_fixed(image: &str) -> bool {
    image.contains("sha256:") || (image.len() >= 12 && image.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Podman says ids with and without.
fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_means_another_image_now_makes_its_containers_outdated() {
        let images = [("web:1".to_owned(), Some("sha256:bb".to_owned())), ("gone:1".to_owned(), None)].into();
        let outdated = |image, id| is_outdated(image, id, &images);
        assert_eq!(outdated("web:1", "sha256:aa"), Some(true));
        assert_eq!((outdated("web:1", "sha256:bb"), outdated("web:1", "bb")), (Some(false), Some(false)));
        assert_eq!(outdated("web@sha256:aa", "sha256:aa"), Some(false));
        for (image, id) in [("gone:1", "sha256:aa"), ("never asked", "sha256:aa"), ("web:1", ""), ("", "sha256:aa")] {
            assert_eq!(outdated(image, id), None, "{image} {id}");
        }
    }

    #[test]
    fn only_names_that_may_change_their_meaning_are_asked_for() {
        let asked = names(["web:1", "web:1", "0123456789ab", "a@sha256:bb", "", "facade"].into_iter());
        assert_eq!(asked, ["facade", "web:1"].map(str::to_owned).into());
    }
}
