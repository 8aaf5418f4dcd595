import type { Words } from '../words.ts';

export const common: Words['common'] = {
  cancel: '取消',
  close: '关闭',
  dismiss: '知道了',
  copied: '已复制',
  copyFailed: '无法写入剪贴板，请选中文字手动复制。',
  linkRefused: '只会在外部打开 https 地址。',
  copyDetails: '复制详情',
  copyCommand: '复制命令',
  asCommand: '在终端中可以这样做：',
  serverDown: '服务器没有运行。启动后即可查看和更改。',
  loading: '加载中',
  retry: '重试',
  save: '保存',
  remove: '移除',
  none: '–',
  toasts: '提示消息',
  more: '更多',
};
