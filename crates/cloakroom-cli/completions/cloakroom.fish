# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cloakroom_global_optspecs
    string join \n json h/help V/version
end

function __fish_cloakroom_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cloakroom_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cloakroom_using_subcommand
    set -l cmd (__fish_cloakroom_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cloakroom -n "__fish_cloakroom_needs_command" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -s V -l version -d 'Print version'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "keys" -d 'Make, rotate, disable and check the keys in a ring file'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "inspect" -d 'Show the outside of a token that is read on standard input. Proves nothing'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "open" -d 'Open a token that is read on standard input, and show what is in it or why it is refused'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "seal" -d 'Make a token, for tests and incidents, and print it on standard output'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "revoke" -d 'Revoke a session, a user, a key or everything, and say how far that came'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "revocations" -d 'Show what a store or a feed holds'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "vectors" -d 'Run test vectors, of any implementation, against this one'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "bench" -d 'Measure how many tokens this machine seals and verifies in a second'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "completions" -d 'Print the completions of a shell'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "man" -d 'Write the man pages into a directory'
complete -c cloakroom -n "__fish_cloakroom_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "new" -d 'Make a ring file with one key, which seals at once'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "add" -d 'Announce the next key, at the earliest time that is safe'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "list" -d 'List the keys and what each of them is doing now'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "plan" -d 'Draw what each key does when'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "retire" -d 'Take a key out of the ring that nothing needs any more, or write down when it retires'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "disable" -d 'A key leaked: disable it, or all of a file, with a fresh one in place of the one that seals'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "check" -d 'Say what will hurt if nobody does anything: exit code 1 if there is something, 5 if servers would not take the file'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "wrap" -d 'Copy a ring file to one that is wrapped with a password, for a laptop or a backup'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "unwrap" -d 'Copy a ring file that is wrapped with a password to one that is not'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "derive" -d 'Make a ring file of derived units, for a service that must make and open nothing else'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "feed-key" -d 'Make the file with the key of a revocation feed, which all servers of the feed share'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and not __fish_seen_subcommand_from new add list plan retire disable check wrap unwrap derive feed-key help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l max-lifetime -d 'The longest life of a token: the shorter one of idle and absolute timeout, or more' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l rollout -d 'How long a new file may take to reach every server, differences of clocks included' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l note -d 'A note behind the key: who made it, why' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l wrap -d 'Wrap the file with a password'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l force -d 'Overwrite a file that is there'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from add" -l at -d 'When the new key seals, instead of the earliest time that is safe' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from add" -l note -d 'A note behind the key: who made it, why' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from add" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from add" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from add" -l force -d 'Let the key seal before every server can have it, which refuses tokens'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from add" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from list" -l at -d 'As of another time than now' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from list" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from list" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from list" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from plan" -l at -d 'As of another time than now' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from plan" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from plan" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from plan" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from retire" -l at -d 'Keep the key and write down that it retires at this time, instead of the computed one' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from retire" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from retire" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from retire" -l done -d 'Take out all keys that are retired already'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from retire" -l force -d 'Do so while tokens under the key may be alive: whoever holds one is logged out'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from retire" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from retire" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -l note -d 'A note behind the fresh key' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -l all -d 'Disable every key of the file, the retired ones too, and add one that seals at once'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -l no-replacement -d 'Add no fresh key. Servers take no ring that nothing seals with'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -l force -d 'Write the file although servers will not take it, because no key seals'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l before -d 'The ring that servers have now: would they take this one?' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l at -d 'As of another time than now' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l token-lifetime -d 'The longest life of a token; that of the ring, if not given' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l leeway -d 'What servers add to a deadline' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l clock-difference -d 'The greatest difference of two clocks' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l reload -d 'The longest time between two looks of a server at its ring file' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from wrap" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from wrap" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from wrap" -l force -d 'Overwrite a file that is there'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from wrap" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from wrap" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from unwrap" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from unwrap" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from unwrap" -l force -d 'Overwrite a file that is there'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from unwrap" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from unwrap" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from derive" -l purpose -d 'The purpose that the service is set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from derive" -l audience -d 'The audience that the service is set up with; may be empty' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from derive" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from derive" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from derive" -l force -d 'Overwrite a file that is there, as after a change of the ring'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from derive" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from derive" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from feed-key" -l force -d 'Overwrite a file that is there'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from feed-key" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from feed-key" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "new" -d 'Make a ring file with one key, which seals at once'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "add" -d 'Announce the next key, at the earliest time that is safe'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the keys and what each of them is doing now'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "plan" -d 'Draw what each key does when'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "retire" -d 'Take a key out of the ring that nothing needs any more, or write down when it retires'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "disable" -d 'A key leaked: disable it, or all of a file, with a fresh one in place of the one that seals'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say what will hurt if nobody does anything: exit code 1 if there is something, 5 if servers would not take the file'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "wrap" -d 'Copy a ring file to one that is wrapped with a password, for a laptop or a backup'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "unwrap" -d 'Copy a ring file that is wrapped with a password to one that is not'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "derive" -d 'Make a ring file of derived units, for a service that must make and open nothing else'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "feed-key" -d 'Make the file with the key of a revocation feed, which all servers of the feed share'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand inspect" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l ring -d 'The ring file' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l purpose -d 'The purpose that the servers are set up with, such as `session`' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l audience -d 'The audience that the servers are set up with; may be empty' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l binding -d 'What the token is bound to, if the servers bind tokens' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l binding-hex -d 'The same as hex digits' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l at -d 'As of another time than now' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l schema -d 'The description of the payload' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l store -d 'Look at the revocations in this store, too' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l idle-timeout -d 'The idle timeout of the servers, if it is shorter than that of the token' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l absolute-timeout -d 'The absolute timeout of the servers, if it is shorter than that of the token' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l leeway -d 'What the servers add to a deadline' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l tolerance -d 'By how much a token may start in the future' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand open" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l ring -d 'The ring file' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l purpose -d 'The purpose that the servers are set up with, such as `session`' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l audience -d 'The audience that the servers are set up with; may be empty' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l binding -d 'What the token is bound to, if the servers bind tokens' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l binding-hex -d 'The same as hex digits' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l subject -d 'Whose session it is' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l idle -d 'The idle timeout; none if not given' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l absolute -d 'The absolute timeout, at most the ring\'s max-lifetime where there is no idle timeout' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l at -d 'As of another time than now' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l payload -d 'A file with the payload, or `-`: hex digits, or JSON where there is a --schema' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l schema -d 'The description of the payload' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l schema-number -d 'The schema number of a payload in hex digits' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l session -d 'The session id; random if not given' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l generation -d 'The generation' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand seal" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l store -d 'The store of one machine. The server that has it open must be stopped' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l feed -d 'The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l feed-file -d 'A file, mode 600, with the address of the engine of a feed, which may hold a password' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l feed-key-file -d 'The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it: the one that they write with, then the other one that they accept' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l realm -d 'The realm of the feed, as the servers are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l max-lifetime -d 'How long tokens live at most, for as long a feed keeps the entry; or give --ring' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l ring -d 'The ring file: for `token`, and for its max-lifetime' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l wait -d 'How long to wait for the engine' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l replicas -d 'Report `replicated` once so many further machines of the engine have it' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l bound -d 'The staleness bound that the servers of the feed are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l force -d 'Begin a new store, or a new feed, where there is none'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -f -a "session" -d 'One session, by its id'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -f -a "subject" -d 'All sessions of a user'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -f -a "token" -d 'The session of a token that is read on standard input; needs --ring'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -f -a "key" -d 'A key that leaked, and with it every session of this purpose and audience'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -f -a "all" -d 'Every session of this purpose and audience'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and not __fish_seen_subcommand_from session subject token key all help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l store -d 'The store of one machine. The server that has it open must be stopped' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l feed -d 'The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l feed-file -d 'A file, mode 600, with the address of the engine of a feed, which may hold a password' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l feed-key-file -d 'The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it: the one that they write with, then the other one that they accept' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l realm -d 'The realm of the feed, as the servers are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l max-lifetime -d 'How long tokens live at most, for as long a feed keeps the entry; or give --ring' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l ring -d 'The ring file: for `token`, and for its max-lifetime' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l wait -d 'How long to wait for the engine' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l replicas -d 'Report `replicated` once so many further machines of the engine have it' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l bound -d 'The staleness bound that the servers of the feed are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l force -d 'Begin a new store, or a new feed, where there is none'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from session" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l except -d 'But not this session' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l before -d 'Only those that started before this time' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l store -d 'The store of one machine. The server that has it open must be stopped' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l feed -d 'The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l feed-file -d 'A file, mode 600, with the address of the engine of a feed, which may hold a password' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l feed-key-file -d 'The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it: the one that they write with, then the other one that they accept' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l realm -d 'The realm of the feed, as the servers are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l max-lifetime -d 'How long tokens live at most, for as long a feed keeps the entry; or give --ring' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l ring -d 'The ring file: for `token`, and for its max-lifetime' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l wait -d 'How long to wait for the engine' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l replicas -d 'Report `replicated` once so many further machines of the engine have it' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l bound -d 'The staleness bound that the servers of the feed are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l force -d 'Begin a new store, or a new feed, where there is none'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from subject" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l purpose -d 'The purpose that the servers are set up with, such as `session`' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l audience -d 'The audience that the servers are set up with; may be empty' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l binding -d 'What the token is bound to, if the servers bind tokens' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l binding-hex -d 'The same as hex digits' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l store -d 'The store of one machine. The server that has it open must be stopped' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l feed -d 'The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l feed-file -d 'A file, mode 600, with the address of the engine of a feed, which may hold a password' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l feed-key-file -d 'The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it: the one that they write with, then the other one that they accept' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l realm -d 'The realm of the feed, as the servers are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l max-lifetime -d 'How long tokens live at most, for as long a feed keeps the entry; or give --ring' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l ring -d 'The ring file: for `token`, and for its max-lifetime' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l wait -d 'How long to wait for the engine' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l replicas -d 'Report `replicated` once so many further machines of the engine have it' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l bound -d 'The staleness bound that the servers of the feed are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l force -d 'Begin a new store, or a new feed, where there is none'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l purpose -d 'The purpose that the servers are set up with, such as `session`' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l audience -d 'The audience that the servers are set up with; may be empty' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l store -d 'The store of one machine. The server that has it open must be stopped' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l feed -d 'The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l feed-file -d 'A file, mode 600, with the address of the engine of a feed, which may hold a password' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l feed-key-file -d 'The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it: the one that they write with, then the other one that they accept' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l realm -d 'The realm of the feed, as the servers are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l max-lifetime -d 'How long tokens live at most, for as long a feed keeps the entry; or give --ring' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l ring -d 'The ring file: for `token`, and for its max-lifetime' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l wait -d 'How long to wait for the engine' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l replicas -d 'Report `replicated` once so many further machines of the engine have it' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l bound -d 'The staleness bound that the servers of the feed are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l force -d 'Begin a new store, or a new feed, where there is none'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from key" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l purpose -d 'The purpose that the servers are set up with, such as `session`' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l audience -d 'The audience that the servers are set up with; may be empty' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l before -d 'Only those that started before this time' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l store -d 'The store of one machine. The server that has it open must be stopped' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l feed -d 'The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l feed-file -d 'A file, mode 600, with the address of the engine of a feed, which may hold a password' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l feed-key-file -d 'The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it: the one that they write with, then the other one that they accept' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l realm -d 'The realm of the feed, as the servers are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l max-lifetime -d 'How long tokens live at most, for as long a feed keeps the entry; or give --ring' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l ring -d 'The ring file: for `token`, and for its max-lifetime' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l wait -d 'How long to wait for the engine' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l replicas -d 'Report `replicated` once so many further machines of the engine have it' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l bound -d 'The staleness bound that the servers of the feed are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l force -d 'Begin a new store, or a new feed, where there is none'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from all" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from help" -f -a "session" -d 'One session, by its id'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from help" -f -a "subject" -d 'All sessions of a user'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from help" -f -a "token" -d 'The session of a token that is read on standard input; needs --ring'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from help" -f -a "key" -d 'A key that leaked, and with it every session of this purpose and audience'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from help" -f -a "all" -d 'Every session of this purpose and audience'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revoke; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l store -d 'The store of one machine. The server that has it open must be stopped' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l feed -d 'The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l feed-file -d 'A file, mode 600, with the address of the engine of a feed, which may hold a password' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l feed-key-file -d 'The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it: the one that they write with, then the other one that they accept' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l realm -d 'The realm of the feed, as the servers are set up with' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l max-lifetime -d 'How long tokens live at most, for as long a feed keeps the entry; or give --ring' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l ring -d 'The ring file: for `token`, and for its max-lifetime' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l wait -d 'How long to wait for the engine' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l password-file -d 'Read the password of a wrapped ring file from this file, mode 600; asked for otherwise' -r -F
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l password-fd -d 'Read the password of a wrapped ring file from this open descriptor' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand revocations" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and not __fish_seen_subcommand_from verify help" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and not __fish_seen_subcommand_from verify help" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and not __fish_seen_subcommand_from verify help" -f -a "verify" -d 'Check every vector of these files, of all kinds; what could not be checked is named'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and not __fish_seen_subcommand_from verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and __fish_seen_subcommand_from verify" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check every vector of these files, of all kinds; what could not be checked is named'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand vectors; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand bench" -l time -d 'How long to measure, all in all' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand bench" -l payload -d 'Bytes of payload in a token' -r
complete -c cloakroom -n "__fish_cloakroom_using_subcommand bench" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand bench" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand completions" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand completions" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand man" -l json -d 'Answer with one JSON document on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand man" -s h -l help -d 'Print help'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "keys" -d 'Make, rotate, disable and check the keys in a ring file'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "inspect" -d 'Show the outside of a token that is read on standard input. Proves nothing'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "open" -d 'Open a token that is read on standard input, and show what is in it or why it is refused'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "seal" -d 'Make a token, for tests and incidents, and print it on standard output'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "revoke" -d 'Revoke a session, a user, a key or everything, and say how far that came'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "revocations" -d 'Show what a store or a feed holds'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "vectors" -d 'Run test vectors, of any implementation, against this one'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "bench" -d 'Measure how many tokens this machine seals and verifies in a second'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "completions" -d 'Print the completions of a shell'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "man" -d 'Write the man pages into a directory'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and not __fish_seen_subcommand_from keys inspect open seal revoke revocations vectors bench completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "new" -d 'Make a ring file with one key, which seals at once'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "add" -d 'Announce the next key, at the earliest time that is safe'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "list" -d 'List the keys and what each of them is doing now'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "plan" -d 'Draw what each key does when'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "retire" -d 'Take a key out of the ring that nothing needs any more, or write down when it retires'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "disable" -d 'A key leaked: disable it, or all of a file, with a fresh one in place of the one that seals'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "check" -d 'Say what will hurt if nobody does anything: exit code 1 if there is something, 5 if servers would not take the file'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "wrap" -d 'Copy a ring file to one that is wrapped with a password, for a laptop or a backup'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "unwrap" -d 'Copy a ring file that is wrapped with a password to one that is not'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "derive" -d 'Make a ring file of derived units, for a service that must make and open nothing else'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "feed-key" -d 'Make the file with the key of a revocation feed, which all servers of the feed share'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from revoke" -f -a "session" -d 'One session, by its id'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from revoke" -f -a "subject" -d 'All sessions of a user'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from revoke" -f -a "token" -d 'The session of a token that is read on standard input; needs --ring'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from revoke" -f -a "key" -d 'A key that leaked, and with it every session of this purpose and audience'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from revoke" -f -a "all" -d 'Every session of this purpose and audience'
complete -c cloakroom -n "__fish_cloakroom_using_subcommand help; and __fish_seen_subcommand_from vectors" -f -a "verify" -d 'Check every vector of these files, of all kinds; what could not be checked is named'
