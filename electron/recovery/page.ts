import { createHash } from 'node:crypto';

/** Plain on purpose: no script, no file, nothing of the console that could be what is broken. */
export interface RecoveryView {
  language: string;
  title: string;
  message: string;
  /** Name and value. */
  facts: [string, string][];
  /** What the last action came to. */
  notice?: string;
  logTitle: string;
  logLines: string[];
  noLog: string;
  /** The first is the one that is offered. */
  actions: { name: string; label: string }[];
  notes: string[];
}

const style = `
:root{color-scheme:light dark;--bg:#f9fafb;--panel:#fff;--line:#dfe3e8;--text:#1b2430;--dim:#4d5866;--accent:#2456c7;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#0f1116;--panel:#171a21;--line:#2c323d;--text:#e8ecf2;--dim:#a9b3c1;--accent:#8fb4ff;--on:#0f1116}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:13px/20px system-ui,"Noto Sans CJK SC",sans-serif}
main{max-width:760px;margin:0 auto;padding:48px 24px}
h1{font-size:18px;line-height:24px;font-weight:600;margin:0 0 6px}
h2{font-size:13px;font-weight:600;margin:22px 0 6px}
p{margin:0 0 10px;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 14px;margin:0 0 14px;color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:12px}
.notice{border:1px solid var(--line);border-radius:10px;background:var(--panel);padding:10px 14px}
.note{color:var(--dim);font-size:12px;margin:0 0 4px}
form{display:flex;flex-wrap:wrap;gap:8px;margin:16px 0 12px}
button{font:inherit;height:30px;padding:0 12px;border-radius:7px;border:1px solid var(--line);background:var(--panel);color:inherit;cursor:pointer}
button:first-child{background:var(--accent);border-color:var(--accent);color:var(--on)}
button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
pre{margin:0;max-height:300px;overflow:auto;border:1px solid var(--line);border-radius:10px;background:var(--panel);padding:10px 14px;font:12px/18px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
`;
const styleHash = createHash('sha256').update(style).digest('base64');

export const actionPath = '/recovery/';

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

export function recoveryPage(view: RecoveryView): Response {
  const facts = view.facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('');
  const buttons = view.actions
    .map(({ name, label }) => `<button formaction="${actionPath}${escapeHtml(name)}">${escapeHtml(label)}</button>`)
    .join('');
  const log =
    view.logLines.length > 0
      ? `<pre tabindex="0" aria-label="${escapeHtml(view.logTitle)}">${escapeHtml(view.logLines.join('\n'))}</pre>`
      : `<p class="note">${escapeHtml(view.noLog)}</p>`;
  return html(`<!doctype html>
<html lang="${escapeHtml(view.language)}"><head><meta charset="utf-8"><title>${escapeHtml(view.title)}</title><style>${style}</style></head>
<body><main><h1>${escapeHtml(view.title)}</h1><p>${escapeHtml(view.message)}</p><dl>${facts}</dl>
${view.notice === undefined ? '' : `<p class="notice" role="status">${escapeHtml(view.notice)}</p>`}
<form method="post">${buttons}</form>${view.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('')}
<h2>${escapeHtml(view.logTitle)}</h2>${log}</main></body></html>`);
}

/** After an action: on to what is there now. Not a redirect, which a custom scheme need not follow. */
export function onwardPage(): Response {
  return html('<!doctype html><html><head><meta http-equiv="refresh" content="0; url=/"></head><body></body></html>');
}

function html(text: string): Response {
  return new Response(text, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    },
  });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
