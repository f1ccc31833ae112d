//! What the other keywords of `ssh_config` mean to hannun: nothing, or something that a person should hear of.

use crate::language::Message;

/// Habits of the person's own terminal, keys and connections: no loss where they are not taken over.
const OF_THE_TERMINAL: [&str; 43] = [
    "addkeystoagent",
    "batchmode",
    "canonicaldomains",
    "canonicalizehostname",
    "canonicalizemaxdots",
    "challengeresponseauthentication",
    "checkhostip",
    "clearallforwardings",
    "compression",
    "connectionattempts",
    "connecttimeout",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "enableescapecommandline",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "hashknownhosts",
    "hostbasedauthentication",
    "identitiesonly",
    "ignoreunknown",
    "ipqos",
    "kbdinteractiveauthentication",
    "kbdinteractivedevices",
    "loglevel",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "passwordauthentication",
    "preferredauthentications",
    "pubkeyauthentication",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "tcpkeepalive",
    "updatehostkeys",
    "usekeychain",
    "verifyhostkeydns",
    "visualhostkey",
    "warnweakcrypto",
];

/// Why a setting is not taken over; `None` where nobody would miss it.
pub(super) fn left_out(keyword: &str, value: &str) -> Option<Message> {
    if OF_THE_TERMINAL.contains(&keyword) {
        return None;
    }
    Some(Message::new(match keyword {
        // What hannun does anyway.
        "stricthostkeychecking" if ["ask", "yes"].iter().any(|usual| value.eq_ignore_ascii_case(usual)) => return None,
        "stricthostkeychecking" => "hannun never signs in to a server whose key nobody approved",
        "userknownhostsfile" | "globalknownhostsfile" | "knownhostscommand" => {
            "Give the known_hosts file with the import to bring its keys in"
        }
        "forwardagent" | "identityagent" | "pkcs11provider" | "securitykeyprovider" => {
            "hannun signs in with keys and passwords of its own, not with an agent"
        }
        "certificatefile" | "casignaturealgorithms" => "hannun does not sign in with certificates",
        "ciphers"
        | "macs"
        | "kexalgorithms"
        | "hostkeyalgorithms"
        | "pubkeyacceptedalgorithms"
        | "pubkeyacceptedkeytypes"
        | "hostbasedacceptedalgorithms"
        | "requiredrsasize" => {
            "hannun chooses algorithms itself; allow old ones on the page of the server if it needs them"
        }
        "localforward"
        | "remoteforward"
        | "dynamicforward"
        | "permitremoteopen"
        | "gatewayports"
        | "forwardx11"
        | "forwardx11trusted"
        | "forwardx11timeout"
        | "streamlocalbindmask"
        | "streamlocalbindunlink"
        | "tunnel"
        | "tunneldevice"
        | "stdinnull"
        | "forkafterauthentication" => "hannun opens no tunnels",
        "remotecommand" | "localcommand" | "permitlocalcommand" | "sessiontype" | "requesttty" | "setenv" => {
            "This is for sessions of a person; hannun runs its own commands"
        }
        "bindaddress" | "bindinterface" | "addressfamily" => {
            "The machine that hannun runs on decides which way its packets go"
        }
        "port" => "This is no port from 1 to 65535",
        "proxyjump" => "This is no list of jump servers",
        _ => "hannun has no use for this",
    }))
}
