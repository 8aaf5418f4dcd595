import type { MenuLanguage } from './native/contract.ts';

/** What the program itself says, outside of the page: tray, dialogs, notifications. */
const en = {
  appName: 'Agentrail Console',
  safeMode: 'safe mode',
  tray: {
    open: 'Open Agentrail Console',
    restart: 'Restart server',
    start: 'Start server',
    troubleshoot: 'Troubleshoot',
    quit: 'Quit',
  },
  states: {
    opening: 'Opening',
    shut: 'Could not start',
    adopted: 'Shows the server of another program',
    stopped: 'Server is stopped',
    starting: 'Server is starting',
    ready: 'Server is ready',
    degraded: 'Server is ready, something is missing',
    draining: 'Server is stopping',
    failed: 'Server did not start',
  },
  close: {
    message: 'Keep Agentrail running when the window closes?',
    detail:
      'The server and its sandboxes then go on, and the icon in the tray brings the window back. Settings can change this.',
    keep: 'Keep running',
    quit: 'Quit',
    cancel: 'Cancel',
  },
  hang: {
    message: 'The window does not respond',
    detail: 'Loading it again loses what is typed in it and not sent. The server and its runs go on either way.',
    reload: 'Load the window again',
    wait: 'Wait',
  },
  quit: {
    message: (count: number) => (count === 1 ? 'One run is going on' : `${count} runs are going on`),
    detail: 'Waiting gives them the time that the settings allow. What they said so far is kept either way.',
    more: (count: number) => `and ${count} more`,
    wait: 'Wait for them',
    stop: 'Stop them and quit',
    cancel: 'Cancel',
    closing: 'Ending',
  },
  notices: {
    done: 'Run finished',
    error: 'Run failed',
    asks: 'A run waits for your answer',
    open: 'Open',
  },
  update: {
    title: 'A new version is there',
    body: (version: string) => `Agentrail Console ${version}: Settings shows what is new.`,
  },
};

export type DesktopWords = typeof en;

const zh: DesktopWords = {
  appName: 'Agentrail Console',
  safeMode: '安全模式',
  tray: {
    open: '打开 Agentrail Console',
    restart: '重启服务器',
    start: '启动服务器',
    troubleshoot: '排查问题',
    quit: '退出',
  },
  states: {
    opening: '正在打开',
    shut: '无法启动',
    adopted: '显示的是另一个程序的服务器',
    stopped: '服务器已停止',
    starting: '服务器正在启动',
    ready: '服务器已就绪',
    degraded: '服务器已就绪，但有缺失',
    draining: '服务器正在停止',
    failed: '服务器未能启动',
  },
  close: {
    message: '关闭窗口后让 Agentrail 继续运行？',
    detail: '服务器和沙箱会继续运行，点击托盘图标可重新打开窗口。可在设置中更改。',
    keep: '继续运行',
    quit: '退出',
    cancel: '取消',
  },
  hang: {
    message: '窗口没有响应',
    detail: '重新加载会丢失其中已输入但未发送的内容。服务器和运行都会继续。',
    reload: '重新加载窗口',
    wait: '等待',
  },
  quit: {
    message: (count) => `有 ${count} 个运行正在进行`,
    detail: '等待的时长由设置决定。无论如何，已有的内容都会保留。',
    more: (count) => `以及另外 ${count} 个`,
    wait: '等待完成',
    stop: '停止并退出',
    cancel: '取消',
    closing: '正在结束',
  },
  notices: {
    done: '运行已完成',
    error: '运行失败',
    asks: '有运行在等待你的答复',
    open: '打开',
  },
  update: {
    title: '有新版本',
    body: (version) => `Agentrail Console ${version}：可在设置中查看更新内容。`,
  },
};

export const desktopWords: Record<MenuLanguage, DesktopWords> = { en, 'zh-CN': zh };
