'use strict';

module.exports = {
  SYSTEM_NAMESPACE_COLLECTION: 'system.namespaces',
  SYSTEM_INDEX_COLLECTION: 'system.indexes',
  SYSTEM_PROFILE_COLLECTION: 'system.profile',
  SYSTEM_USER_COLLECTION: 'system.users',
  SYSTEM_COMMAND_COLLECTION: '$cmd',
  SYSTEM_JS_COLLECTION: 'system.js'
};
