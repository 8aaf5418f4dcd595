import type { Words } from '../words.ts';

export const problems: Words['problems'] = {
  server_failed: { title: '服务器没有启动成功', note: '{{message}}', action: '查看日志' },
  vault_locked: { title: '保险库已锁定', note: '{{problem}}', action: '打开密钥页' },
  vault_damaged: { title: '保险库文件已损坏', note: '{{problem}}', action: '打开密钥页' },
  config_faults: { title: '配置文件有错误', note: '{{path}}：{{message}}', action: '查看错误' },
  disk_low: { title: '磁盘快满了', note: '仅剩 {{free}}（{{freePct}}%）', action: '查看' },
  no_model_key: { title: '还没有设置模型密钥', note: '在此之前，运行使用离线演示模型。', action: '设置密钥' },
  backup_failed: { title: '定时备份失败', note: '{{message}}', action: '打开数据页' },
  key_rejected: { title: '{{name}} 被拒绝', note: '模型服务不接受这个密钥。', action: '更换' },
  engine_not_connected: { title: '没有连接到 Docker', note: '{{problem}}', action: '查看原因' },
  image_missing: { title: '缺少沙箱镜像', note: '{{reference}}', action: '如何获取' },
  unknown: { title: '有需要处理的问题', note: '{{code}}', action: '查看' },
};
