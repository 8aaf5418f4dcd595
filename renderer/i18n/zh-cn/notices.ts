import type { Words } from '../words.ts';

export const notices: Words['notices'] = {
  title: '通知',
  bell: '通知',
  bellUnread_other: '通知，{{count}} 条未读',
  empty: '没有需要你处理的事情。',
  dismiss: '移除：{{title}}',
  dismissAll: '全部移除',
  over: '已结束',
  unread: '未读',
  untitled: '一次运行',
  native: '窗口在后台时提醒我',
  codes: {
    run_failed: { title: '运行失败', note: '{{title}}' },
    question_waiting: { title: '智能体有问题要问', note: '{{question}}' },
    permission_waiting: { title: '智能体请求使用 {{tool}}', note: '{{title}}' },
    image_missing: { title: '缺少沙箱镜像', note: '{{reference}}' },
    disk_low: { title: '磁盘快满了', note: '仅剩 {{free}}' },
    backup_failed: { title: '定时备份失败', note: '{{message}}' },
    server_failed: { title: '服务器没有启动成功', note: '{{message}}' },
    key_rejected: { title: '{{name}} 被拒绝', note: '模型服务不接受这个密钥。' },
  },
};
