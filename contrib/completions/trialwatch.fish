# fish completion for trialwatch. Words come from the program itself, study ids from its history, channel names from the
# daemon or the history.

function __trialwatch_globals
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -H --history -S --socket
                set -l next (math $i + 1)
                test $next -le (count $words); and printf '%s\n' $words[$i] $words[$next]
            case '--history=*' '--socket=*'
                printf '%s\n' $words[$i]
        end
    end
end

function __trialwatch_ask
    command trialwatch (__trialwatch_globals) complete $argv 2>/dev/null
end

# The command and its arguments, without options and the values of global ones.
function __trialwatch_words
    set -l words (commandline -opc)[2..-1]
    set -l skip 0
    for word in $words
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case -H --history -S --socket
                set skip 1
            case '-*'
            case '*'
                echo $word
        end
    end
end

function __trialwatch_command_is
    set -l words (__trialwatch_words)
    test (count $words) -ge 1; and contains -- $words[1] $argv
end

function __trialwatch_needs_command
    test (count (__trialwatch_words)) -eq 0
end

function __trialwatch_argument_is
    set -l words (__trialwatch_words)
    test (count $words) -eq (math $argv[1] + 1); and contains -- $words[1] $argv[2..-1]
end

function __trialwatch_options
    set -l words (__trialwatch_words)
    __trialwatch_ask options $words[1] | string replace -r '^(--[^=\t]+)=?' '$1'
end

complete -c trialwatch -f
complete -c trialwatch -n __trialwatch_needs_command -a '(__trialwatch_ask commands)'
complete -c trialwatch -n '__trialwatch_argument_is 0 help' -a '(__trialwatch_ask commands)'
complete -c trialwatch -n '__trialwatch_argument_is 0 history show diff sites alerts' -a '(__trialwatch_ask studies)'
complete -c trialwatch -n '__trialwatch_argument_is 1 preview' -a '(__trialwatch_ask studies)'
complete -c trialwatch -n '__trialwatch_argument_is 0 test preview' -a '(__trialwatch_ask channels)'
complete -c trialwatch -n '__trialwatch_argument_is 0 retry drop' -a '(__trialwatch_ask alerts)'
complete -c trialwatch -n '__trialwatch_argument_is 0 mute unmute' -a '(__trialwatch_ask watches; __trialwatch_ask studies)'
complete -c trialwatch -n '__trialwatch_command_is ack' -a '(__trialwatch_ask channels; __trialwatch_ask alerts)'
complete -c trialwatch -n '__trialwatch_argument_is 0 watch' -a 'list show add import preview pause resume remove'
complete -c trialwatch -n '__trialwatch_argument_is 1 watch' -a '(__trialwatch_ask watches)'
complete -c trialwatch -n '__trialwatch_command_is watch' -l notify -x -a '(__trialwatch_ask channels)'
complete -c trialwatch -n '__trialwatch_command_is watch' -l kinds -x -a '(__trialwatch_ask kinds)'
complete -c trialwatch -n '__trialwatch_command_is watch; and contains -- import (__trialwatch_words)' -F
complete -c trialwatch -n '__trialwatch_command_is backup' -F
complete -c trialwatch -n '__trialwatch_command_is diff; and __fish_contains_opt files' -F
complete -c trialwatch -n 'string match -q -- "-*" (commandline -ct)' -a '(__trialwatch_options)'
complete -c trialwatch -n '__trialwatch_command_is changes' -l kind -x -a '(__trialwatch_ask kinds)'
complete -c trialwatch -n '__trialwatch_command_is changes' -l study -x -a '(__trialwatch_ask studies)'
complete -c trialwatch -n '__trialwatch_command_is alerts' -l channel -x -a '(__trialwatch_ask channels)'
complete -c trialwatch -n '__trialwatch_command_is export' -l format -x -a 'ndjson csv'
complete -c trialwatch -s H -l history -r -F -d 'The history file'
complete -c trialwatch -s S -l socket -r -F -d 'The control socket'
