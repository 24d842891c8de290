use super::*;
use crate::policy::RESPITE;
use tempfile::TempDir;

/// A folder with a file for each key that is given, and the credentials these make.
struct Folder {
    folder: TempDir,
    secrets: Secrets,
}

impl Folder {
    fn with(keys: &[(KeyName, &str)]) -> (Folder, Credentials) {
        let folder = Folder { folder: TempDir::new().unwrap(), secrets: Secrets::default() };
        let mut sources = KeySources { profile: Some("staging".into()), ..KeySources::default() };
        for (name, value) in keys {
            folder.put(*name, value);
            sources.keys[*name as usize] = Some(Source::File(folder.folder.path().join(name.field())));
        }
        let credentials = Credentials::new(sources, folder.secrets.clone());
        (folder, credentials)
    }

    fn put(&self, name: KeyName, value: &str) {
        std::fs::write(self.folder.path().join(name.field()), value).unwrap();
    }
}

fn header(keys: &[(KeyName, &str)], api: Api) -> Option<String> {
    let key = |name| keys.iter().find(|(known, _)| *known == name).map(|(_, key)| SecretString::from(*key));
    Some(shown(api, key)?.header().expose_secret().to_string())
}

fn carried(credentials: &Credentials, api: Api) -> Carried {
    credentials.shown(api).expect("it has a key").1
}

#[test]
fn each_api_shows_its_own_credential_in_its_own_way() {
    let all = [
        (KeyName::App, "app"),
        (KeyName::TrackSite, "site"),
        (KeyName::TrackKey, "track"),
        (KeyName::Pipelines, "cdp"),
    ];
    assert_eq!(header(&all, Api::App).unwrap(), "Bearer app");
    assert_eq!(header(&all, Api::Track).unwrap(), "Basic c2l0ZTp0cmFjaw==");
    assert_eq!(header(&all, Api::Pipelines).unwrap(), "Basic Y2RwOg==");
    assert_eq!(header(&[(KeyName::Pipelines, "sk_eu_1")], Api::Pipelines).unwrap(), "Bearer sk_eu_1");
    assert_eq!(header(&[(KeyName::TrackSite, "site")], Api::Track), None);
}

#[tokio::test]
async fn half_a_credential_is_missing() {
    let (_folder, half) = Folder::with(&[(KeyName::TrackSite, "site-id"), (KeyName::TrackKey, "  ")]);
    half.prepare().await;
    let [(KeyName::TrackKey, Lack::Unreadable(why))] = &half.missing(Api::Track)[..] else { panic!() };
    assert!(why.ends_with("gives nothing"), "{why}");
    assert_eq!(half.missing(Api::App), [(KeyName::App, Lack::NotSet)]);
    assert!(half.shown(Api::Track).is_none());
}

#[tokio::test]
async fn a_key_that_no_header_carries_is_none_and_hidden_all_the_same() {
    for odd in ["bad-key\nmore-of-it", "two-long words", "schlüssel"] {
        let (folder, credentials) = Folder::with(&[(KeyName::Pipelines, odd)]);
        credentials.prepare().await;
        assert_eq!(credentials.lack(KeyName::Pipelines), Some(Lack::Malformed), "{odd}");
        let first = odd.split_whitespace().next().unwrap();
        assert_eq!(folder.secrets.clean(first), "[secret]");
    }
    let (_folder, credentials) = Folder::with(&[(KeyName::Pipelines, "k-1_2")]);
    credentials.prepare().await;
    assert_eq!(credentials.lack(KeyName::Pipelines), None);
}

#[tokio::test]
async fn nothing_prints_a_key() {
    let (folder, credentials) =
        Folder::with(&[(KeyName::TrackSite, "sentinel-site"), (KeyName::TrackKey, "sentinel-key")]);
    credentials.prepare().await;
    assert!(!format!("{credentials:?}").contains("sentinel"));
    let basic = credentials.shown(Api::Track).unwrap().0.header();
    let basic = basic.expose_secret();
    assert_eq!(folder.secrets.clean(&format!("sentinel-key: {basic}")), "[secret]: Basic [secret]");
    folder.put(KeyName::TrackKey, "another-key");
    let carried = carried(&credentials, Api::Track);
    assert_eq!(credentials.renew(Api::Track, carried, &mut Renewal::default()).await, Renewed::Changed);
    let newer = credentials.shown(Api::Track).unwrap().0.header();
    assert_ne!(newer.expose_secret(), basic);
    assert_eq!(folder.secrets.clean(newer.expose_secret()), "Basic [secret]");
    assert_eq!(folder.secrets.clean("sentinel-key, another-key"), "[secret], [secret]");
}

/// Credentials whose App key is what a command says. It writes a line whenever it is run.
#[cfg(unix)]
fn counting(says: &str) -> (TempDir, Credentials) {
    let folder = TempDir::new().unwrap();
    let argv = ["sh", "-c", &format!("echo run >> log; {says}")].map(String::from).to_vec();
    let mut sources = KeySources::default();
    sources.keys[KeyName::App as usize] = Some(Source::Command { argv, folder: folder.path().into() });
    (folder, Credentials::new(sources, Secrets::default()))
}

#[cfg(unix)]
fn runs(folder: &TempDir) -> usize {
    std::fs::read_to_string(folder.path().join("log")).map_or(0, |log| log.lines().count())
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_is_run_once_and_only_when_its_key_is_needed() {
    let (folder, credentials) = counting("echo a-key");
    credentials.prepare().await;
    credentials.need(&[Api::Track, Api::Pipelines]).await;
    assert_eq!((runs(&folder), credentials.lack(KeyName::App)), (0, None));
    tokio::join!(credentials.need(&Api::ALL), credentials.need(&[Api::App]));
    credentials.need(&[Api::App]).await;
    assert_eq!(runs(&folder), 1);
    assert!(credentials.shown(Api::App).is_some());
    let (_folder, failing) = counting("exit 2");
    failing.need(&[Api::App]).await;
    let why = failing.lack(KeyName::App).unwrap().to_string();
    assert_eq!(why, "the command `sh` ended with status 2");
}

#[cfg(unix)]
#[tokio::test]
async fn all_who_are_refused_together_share_one_reading() {
    for (says, expected) in [("date +%N-%s", Renewed::Changed), ("echo a-key", Renewed::Same)] {
        let (folder, credentials) = counting(says);
        credentials.need(&[Api::App]).await;
        let carried = carried(&credentials, Api::App);
        let one = async || credentials.renew(Api::App, carried, &mut Renewal::default()).await;
        let (a, b, c) = tokio::join!(one(), one(), one());
        assert_eq!([a, b, c], [expected.clone(), expected.clone(), expected]);
        assert_eq!(runs(&folder), 2, "{says}");
    }
}

#[tokio::test]
async fn a_source_that_is_gone_leaves_the_key_there_was() {
    let (folder, credentials) = Folder::with(&[(KeyName::App, "a-key")]);
    credentials.prepare().await;
    std::fs::remove_file(folder.folder.path().join(KeyName::App.field())).unwrap();
    let carried = carried(&credentials, Api::App);
    let renewed = credentials.renew(Api::App, carried, &mut Renewal::default()).await;
    let Renewed::Unreadable(why) = &renewed else { panic!("{renewed:?}") };
    assert!(why.contains("can't be read"), "{why}");
    assert!(credentials.shown(Api::App).is_some());
    // Who was refused at the same time is told the same.
    assert_eq!(credentials.renew(Api::App, carried, &mut Renewal::default()).await, renewed);
}

#[tokio::test(start_paused = true)]
async fn a_new_value_that_is_refused_too_is_not_read_a_third_time() {
    let (folder, credentials) = Folder::with(&[(KeyName::App, "a-key")]);
    credentials.prepare().await;
    folder.put(KeyName::App, "b-key");
    let mut renewal = Renewal::default();
    let first = carried(&credentials, Api::App);
    assert_eq!(credentials.renew(Api::App, first, &mut renewal).await, Renewed::Changed);
    folder.put(KeyName::App, "c-key");
    let second = carried(&credentials, Api::App);
    assert_eq!(credentials.renew(Api::App, second, &mut renewal).await, Renewed::RefusedToo);
    // For another request it is news, after a while.
    assert_eq!(credentials.renew(Api::App, second, &mut Renewal::default()).await, Renewed::RefusedToo);
    tokio::time::advance(RESPITE).await;
    assert_eq!(credentials.renew(Api::App, second, &mut Renewal::default()).await, Renewed::Changed);
}
