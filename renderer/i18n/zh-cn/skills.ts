import type { Words } from '../words.ts';

export const skills: Words['skills'] = {
  title: '技能',
  titleCount_other: '{{count}} 个技能，{{on}} 个已启用',
  sub: '针对一类任务的说明。智能体按描述选用；更改从下一次运行起生效。',
  install: '从 zip 安装…',
  installed: '{{name}} 已安装并启用。',
  sending: '正在发送：{{sent}} / {{total}}',
  tooLarge: '{{name}} 超过 {{limit}}，没有发送。',
  empty: '还没有技能。安装一个含有 SKILL.md 的 zip，或拖到这里。',
  broken: '这个文件夹不是技能：',
  on: '已启用',
  off: '已停用',
  delegate: '由子智能体执行',
  files_other: '{{count}} 个文件',
  show: '查看',
  showOf: '查看 {{name}}',
  remove: '移除…',
  removeOf: '移除 {{name}}',
  useOf: '使用 {{name}}',
  words: '说明',
  copyWords: '复制说明',
  askRemove: {
    title: '移除 {{name}}？',
    body_other: '{{count}} 个文件将永久删除：{{size}}。已经开始的运行保留所得的说明。',
    confirm: '移除技能',
  },
  askReplace: {
    title: '替换这个技能？',
    body: '同名技能已经安装，将由 {{file}} 中的替换。',
    confirm: '替换技能',
  },
};
