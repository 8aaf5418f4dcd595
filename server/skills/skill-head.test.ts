import { afterEach, expect, it, vi } from 'vitest';
import { fromMarkdown } from './skill-file.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const skill = (description: string) => `---\nname: pdf\ndescription: ${description}\n---\nDo it.\n`;

it.each(['&a: x', '!unknown x', 'plain words'])('the head of a stranger’s skill prints nothing: %s', (description) => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    fromMarkdown(skill(description));
  } catch (error) {
    expect(error).toMatchObject({ code: 'skill_invalid' });
  }
  expect(warned).not.toHaveBeenCalled();
});

it('a head that is not YAML is refused with what is wrong in it', () => {
  expect(() => fromMarkdown(skill('[open'))).toThrow(expect.objectContaining({ code: 'skill_invalid' }));
});
