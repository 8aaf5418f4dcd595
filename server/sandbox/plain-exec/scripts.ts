/** PID 1's child. Ends with its stdin, which ends with us, and the kernel takes along whatever else runs there. */
export const holdScript = 'while read -r _; do :; done';

/** Tells its number on the first line, goes to the folder, and becomes the command. */
export const startScript = 'echo $$; cd -- "$1" || exit 126; shift; exec "$@"';

/**
 * Ends a process with everything below it: TERM, two seconds, then STOP until nobody new appears, then KILL. What has
 * left the tree is not found.
 */
export const killTreeScript = `
all=" $1 "
grow() {
  grown=1
  while [ $grown = 1 ]; do
    grown=0
    for d in /proc/[0-9]*; do
      p=\${d#/proc/}
      case "$all" in *" $p "*) continue ;; esac
      parent=
      while read -r k v _; do [ "$k" = PPid: ] && { parent=$v; break; }; done < "$d/status" 2>/dev/null
      [ -n "$parent" ] || continue
      case "$all" in *" $parent "*) all="$all$p "; grown=1 ;; esac
    done
  done
}
alive() { for p in $all; do [ -d "/proc/$p" ] && return 0; done; return 1; }
grow
kill -TERM $all 2>/dev/null
n=0
while [ $n -lt 20 ] && alive; do sleep 0.1 2>/dev/null || sleep 1; n=$((n+1)); done
before=
while [ "$before" != "$all" ]; do before=$all; grow; kill -STOP $all 2>/dev/null; done
kill -KILL $all 2>/dev/null
exit 0
`;

/** Ends everything of the user, itself included. */
export const killAllScript = 'kill -KILL -1';

const fail = (test: string, code: number) => `if ${test}; then exit ${code}; fi`;

/** How the file scripts say what is wrong. */
export const exitFaults: Record<number, [code: string, words: string]> = {
  40: ['file_not_found', 'No such file or directory'],
  41: ['is_directory', 'It is a directory'],
  42: ['not_a_file', 'It is not a regular file'],
  43: ['permission_denied', 'Permission denied'],
  44: ['file_too_large', 'It is larger than the limit'],
  45: ['path_outside_workspace', 'It is not below /workspace or /tmp'],
  46: ['interrupted', 'The write was interrupted; the file is unchanged'],
  47: ['directory_not_found', 'It is not a directory'],
  48: ['disk_full', 'The file could not be written'],
};

/** $1 path, $2 most bytes. */
export const readScript = [
  fail('[ ! -e "$1" ]', 40),
  fail('[ -d "$1" ]', 41),
  fail('[ ! -f "$1" ]', 42),
  fail('[ ! -r "$1" ]', 43),
  fail('[ "$(wc -c < "$1")" -gt "$2" ]', 44),
  'exec cat < "$1"',
].join('\n');

/** $1 path, $2 size, $3 `append` or nothing. The nearest folder that exists decides before any is made. */
export const writeScript = [
  'inside() { case "$1/" in /workspace/*|/tmp/*|/memo/*) return 0 ;; esac; return 1; }',
  'near=$1',
  'while [ ! -e "$near" ] && [ ! -L "$near" ]; do near=$(dirname "$near"); done',
  'near=$(readlink -f "$near")',
  fail('! inside "$near"', 45),
  'mkdir -p "$(dirname "$1")" 2>/dev/null || exit 43',
  'real=$(readlink -f "$1")',
  fail('! inside "$real" || [ "$real" = /workspace ] || [ "$real" = /tmp ] || [ "$real" = /memo ]', 45),
  fail('[ -d "$real" ]', 41),
  'if [ "$3" = append ]; then [ ! -e "$real" ] || [ -f "$real" ] || exit 42; exec cat >> "$real"; fi',
  'part="$(dirname "$real")/.agentrail-$$"',
  'umask 022',
  '{ cat > "$part"; } 2>/dev/null || { rm -f "$part"; [ -w "$(dirname "$real")" ] && exit 48; exit 43; }',
  'if [ "$(wc -c < "$part")" -ne "$2" ]; then rm -f "$part"; exit 46; fi',
  'if [ -e "$real" ]; then chmod "$(stat -c %a "$real")" "$part"; fi',
  'exec mv -f "$part" "$real"',
].join('\n');

/** $1 path. One line `kind size seconds`, or nothing. */
export const statScript = [
  'if [ -L "$1" ]; then kind=symlink; elif [ -d "$1" ]; then kind=directory',
  'elif [ -f "$1" ]; then kind=file; elif [ -e "$1" ]; then kind=other; else exit 0; fi',
  'echo "$kind $(stat -c "%s %Y" "$1")"',
].join('\n');

/** $1 folder. One line `seconds name` per file, NUL-free names without line ends only. */
export const findScript = [
  fail('[ ! -d "$1" ]', 47),
  'cd -- "$1" || exit 43',
  "find . -name .git -prune -o ! -type d -exec stat -c '%Y %n' {} + 2>/dev/null",
  'exit 0',
].join('\n');

/** $1 path, $2 pattern, $3 `-i` or nothing. Lines `name:number:text`. */
export const grepScript = [
  fail('[ ! -e "$1" ]', 40),
  'echo x | grep -E -e "$2" >/dev/null 2>&1',
  fail('[ $? -gt 1 ]', 49),
  'find "$1" -name .git -prune -o -type f -exec grep -n -H -E $3 -e "$2" -- {} + 2>/dev/null',
  'exit 0',
].join('\n');

/** $1 folder. Kibibytes. */
export const usageScript = `du -s -k "$1" 2>/dev/null | { read -r size _; echo "\${size:-0}"; }`;
