import type { Words } from '../words.ts';

export const network: Words['network'] = {
  inForce: '当前生效',
  direct: '没有代理，直接访问',
  sources: {
    settings: '来自这里的设置',
    environment: '来自环境变量',
    desktop: '由系统按主机决定',
    gnome: '来自 GNOME 的设置',
    macos: '来自这台 Mac 的网络设置',
    windows: '来自 Windows 的 Internet 设置',
    none: '没有人指定',
  },
  authorities_other: '额外信任 {{count}} 个证书',
  bypass: '直接访问：',
  script: '系统用脚本（PAC）选择代理，只有桌面程序能运行它；这里直接访问。请用 manual 填写代理。',
  try: '试一个地址',
  tryNote: '按请求实际走的路径',
  ask: '试一下',
  trying: '正在试…',
  answered: '应答 {{status}}',
  failed: '没有应答',
  through: '{{host}}，经由 {{proxy}}',
  withoutProxy: '{{host}}，直接访问',
  exception: '{{host}}，属于例外，直接访问',
  duration: '{{ms}} 毫秒',
};
