import { missingMark } from './faults.ts';

/** What a page sees; small enough that a screenshot fits into every model. */
export const viewport = { width: 1280, height: 800 };
export const downloadFolder = '/workspace/downloads';

/**
 * Its debugging pipe is file 3 and 4, which here are the command's own stdin and stdout: nothing listens anywhere, and
 * when the owner of the pipes goes, the browser goes. The container is the wall, so its own sandbox, which needs powers
 * that a hardened container does not have, is off.
 */
const script = `# The browser of this session
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then
    rm -rf "$HOME/.browser"
    mkdir -p ${downloadFolder} 2>/dev/null
    proxy=\${http_proxy:+--proxy-server=$http_proxy}
    exec "$name" "$@" --user-data-dir="$HOME/.browser" $proxy 3<&0 4>&1 0</dev/null 1>&2
  fi
done
echo ${missingMark} >&2
exit 127`;

const flags = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-extensions',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-crash-reporter',
  '--disable-breakpad',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-features=Translate,MediaRouter,OptimizationHints,DialMediaRouteProvider',
  '--metrics-recording-only',
  '--mute-audio',
  '--no-first-run',
  '--no-default-browser-check',
  '--no-pings',
  '--password-store=basic',
  '--use-mock-keychain',
  '--hide-scrollbars',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disk-cache-size=16777216',
  // Threads count against the limit of processes, memory against that of the container.
  '--renderer-process-limit=2',
  '--js-flags=--max-old-space-size=384',
  `--window-size=${viewport.width},${viewport.height}`,
  'about:blank',
];

export const startCommand: string[] = ['sh', '-c', script, 'browser', ...flags];
