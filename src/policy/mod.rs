//! Decisions, purely: what an outcome means for the next step, and when a request may leave. The
//! clock is an argument; nothing here sleeps or sends.

mod again;
mod budget;
mod consent;
mod grant;
mod lookup;
mod most;
mod outcome;
mod pace;
mod people;
mod rates;
mod rejections;
mod renewal;
mod retry;
mod seen;
mod setting;
mod silence;
mod stopping;
mod trial;
mod workspace;

pub use again::{may_pass, wait};
pub use budget::Budget;
pub use consent::{Said, said};
pub use grant::{Grants, does};
pub use lookup::{Found, found};
pub use most::{Asked, Most};
pub use outcome::{Answer, Complaint, Outcome, Refusal, Unanswered};
pub use pace::Pace;
pub use people::People;
pub use rates::Rates;
pub use rejections::Rejections;
pub use renewal::{Carried, RESPITE, Readings, Renew, Renewal};
pub use retry::{Limits, Next, Standing, Why, next};
pub use setting::{SETTINGS, Setting};
pub use silence::Silence;
pub use stopping::{Signal, Stopping};
pub use trial::{Step, Trial};
pub use workspace::{Pinned, elsewhere, pinned};
