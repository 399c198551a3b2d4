// SPDX-License-Identifier: Apache-2.0
//! What our few styles look like.

use anstyle::{AnsiColor, Style};

/// The styles of one stream; all of them say nothing where colors are off.
///
/// ```
/// # use repo_sync::ui::Palette;
/// let Palette { error, .. } = Palette::new(false);
/// assert_eq!(format!("{error}Error:{error:#} no"), "Error: no");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// What stops a run.
    pub error: Style,
    /// What does not.
    pub warning: Style,
    /// What to do next.
    pub hint: Style,
    /// What went well, or becomes public.
    pub good: Style,
    /// Object ids.
    pub id: Style,
    /// What matters less.
    pub dim: Style,
    /// What matters more.
    pub bold: Style,
}

impl Palette {
    /// With colors, or plain.
    pub const fn new(color: bool) -> Self {
        const PLAIN: Style = Style::new();
        if !color {
            return Self {
                error: PLAIN,
                warning: PLAIN,
                hint: PLAIN,
                good: PLAIN,
                id: PLAIN,
                dim: PLAIN,
                bold: PLAIN,
            };
        }
        Self {
            error: AnsiColor::Red.on_default().bold(),
            warning: AnsiColor::Yellow.on_default().bold(),
            hint: AnsiColor::Cyan.on_default().bold(),
            good: AnsiColor::Green.on_default(),
            id: AnsiColor::Yellow.on_default(),
            dim: PLAIN.dimmed(),
            bold: PLAIN.bold(),
        }
    }

    /// Whether colors are off.
    pub fn is_plain(&self) -> bool {
        self.error.is_plain()
    }
}
