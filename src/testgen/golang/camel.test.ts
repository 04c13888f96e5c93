import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { goCamelCase, goSanitized, trimEnumPrefix } from './camel.ts';

describe('names of protoc-gen-go', () => {
  const CAMEL = {
    one: 'One',
    one_two: 'OneTwo',
    _my_field_name_2: 'XMyFieldName_2',
    Something_Capped: 'Something_Capped',
    my_Name: 'My_Name',
    OneTwo: 'OneTwo',
    _: 'X',
    _a_: 'XA_',
    'one.two': 'OneTwo',
    'one.Two': 'One_Two',
    'Outer.Inner': 'Outer_Inner',
    'one._two': 'One_XTwo',
    field__2: 'Field__2',
    ALL_CAPS: 'ALL_CAPS',
    a1b: 'A1B',
  };
  for (const [from, to] of Object.entries(CAMEL)) {
    it(`spell ${from} ${to}`, () => assert.equal(goCamelCase(from), to));
  }

  it('make any text an identifier', () => {
    assert.equal(goSanitized('my-package.v1'), 'my_package_v1');
    assert.equal(goSanitized('type'), '_type');
    assert.equal(goSanitized('1st'), '_1st');
  });

  it('cut an enum name off its values, unless nothing would be left', () => {
    assert.equal(trimEnumPrefix('MY_COLOR_RED', 'mycolor'), 'RED');
    assert.equal(trimEnumPrefix('RED', 'mycolor'), 'RED');
    assert.equal(trimEnumPrefix('MY_COLOR', 'mycolor'), 'MY_COLOR');
  });
});
