import type { MenuLanguage } from '../native/contract.ts';

const en = {
  title: 'Agentrail Console could not open',
  loopTitle: 'Agentrail Console stopped several times',
  pageTitle: 'The window stopped several times',
  loop: (count: number) =>
    `It did not end in order ${count} times within five minutes, so it did not start again by itself. Nothing was changed.`,
  page: 'The page ended three times within five minutes, so it is not loaded again by itself. The server goes on.',
  lostTitle: 'The other program ended',
  lost: (pid: number) =>
    `Process ${pid}, whose console was shown here, does not hold the data directory any more. Start to open it here.`,
  dataDir: 'Data directory',
  code: 'Code',
  log: 'Last lines of the log',
  noLog: 'There are no lines yet.',
  actions: {
    retry: 'Try again',
    start: 'Start',
    reload: 'Load the window again',
    safe: 'Start in safe mode',
    adopt: 'Open its console',
    stop: (pid: number) => `Stop process ${pid} and start`,
    repair: 'Repair',
    logs: 'Open logs',
    quit: 'Quit',
  },
  adoptNote:
    'Opening its console shows that program here: it goes on as it is, also after this window is closed. Stopping it ends its runs in order first.',
  safeNote: 'Safe mode starts without plugins, without MCP servers, and leaves the server stopped.',
  repairNote: 'Repair gives you back the rights to the data directory. It removes nothing.',
  repaired: (paths: string) => `Put right: ${paths}.`,
  nothingToRepair: 'There was nothing to repair.',
  stopped: {
    free: 'It had ended already.',
    ended: 'It was stopped.',
    killed: 'It did not end in time and was killed.',
  },
  failed: 'That did not work: ',
};

export type RecoveryWords = typeof en;

const zh: RecoveryWords = {
  title: 'Agentrail Console 无法打开',
  loopTitle: 'Agentrail Console 多次异常退出',
  pageTitle: '窗口多次崩溃',
  loop: (count) => `五分钟内有 ${count} 次未正常结束，因此没有自动启动。没有更改任何内容。`,
  page: '页面在五分钟内崩溃了三次，因此不再自动加载。服务器仍在运行。',
  lostTitle: '另一个程序已结束',
  lost: (pid) => `此处显示其控制台的进程 ${pid} 已不再占用数据目录。点击“启动”即可在此打开。`,
  dataDir: '数据目录',
  code: '代码',
  log: '最后几行日志',
  noLog: '还没有日志。',
  actions: {
    retry: '重试',
    start: '启动',
    reload: '重新加载窗口',
    safe: '以安全模式启动',
    adopt: '打开它的控制台',
    stop: (pid) => `停止进程 ${pid} 并启动`,
    repair: '修复',
    logs: '打开日志',
    quit: '退出',
  },
  adoptNote:
    '“打开它的控制台”会在此窗口显示该程序：它照常运行，关闭此窗口后也不会停止。停止它时，会先有序结束它的运行。',
  safeNote: '安全模式不加载插件和 MCP 服务器，也不启动服务器。',
  repairNote: '修复会恢复你对数据目录的权限，不会删除任何内容。',
  repaired: (paths) => `已修复：${paths}。`,
  nothingToRepair: '没有需要修复的内容。',
  stopped: { free: '它已经结束。', ended: '已停止。', killed: '它没有按时结束，已强制终止。' },
  failed: '未能完成：',
};

export const recoveryWords: Record<MenuLanguage, RecoveryWords> = { en, 'zh-CN': zh };
