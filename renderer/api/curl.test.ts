import { describe, expect, it } from 'vitest';
import { curlCommand } from './curl.ts';

describe('the curl command', () => {
  const address = 'http://127.0.0.1:3000';

  it('keeps quotes of the message from ending the shell word', () => {
    const command = curlCommand({ address, body: { message: "it's $(rm -rf ~)" }, needsToken: false });
    expect(command).toContain(String.raw`-d '{"message":"it'\''s $(rm -rf ~)"}'`);
    expect(command).not.toContain('Authorization');
  });

  it('names the token by its variable when the server asks for one', () => {
    expect(curlCommand({ address, body: {}, needsToken: true })).toContain(
      '-H "Authorization: Bearer $UI_SECRET_TOKEN"',
    );
  });

  it('sends files as a form, and takes neither a message nor a name for anything else', () => {
    const command = curlCommand({
      address,
      body: { message: '@/etc/passwd' },
      files: ['a "b";c.txt'],
      needsToken: false,
    });
    expect(command).toContain(`--form-string 'message=@/etc/passwd'`);
    expect(command).toContain(String.raw`-F 'file=@"a \"b\";c.txt"'`);
    expect(command).not.toContain('application/json');
  });
});
