#!/bin/sh
# Brings generated tests up to date with the definitions, as one commit, and pushes it. Does nothing
# when nothing changed. Made for CI: it wants a clean checkout of a branch, and forgets its own
# commit when the branch has moved, to start again from there.
#
#   TESTGEN_COMMAND  generates (default: npx vitrine testgen proto --prune)
#   TESTGEN_PATHS    what it may change and is committed, separated by spaces (default: gen)
#   TESTGEN_BRANCH   branch to push to (default: the one checked out)
#   TESTGEN_REMOTE   remote to push to (default: origin)
set -eu

command=${TESTGEN_COMMAND:-npx vitrine testgen proto --prune}
paths=${TESTGEN_PATHS:-gen}
branch=${TESTGEN_BRANCH:-$(git rev-parse --abbrev-ref HEAD)}
remote=${TESTGEN_REMOTE:-origin}

if [ "$branch" = HEAD ]; then
  echo "update-tests: no branch is checked out: check one out, or set TESTGEN_BRANCH" >&2
  exit 2
fi
if [ -n "$(git status --porcelain)" ]; then
  echo "update-tests: the checkout is not clean; commit or stash first" >&2
  exit 2
fi

for attempt in 1 2 3; do
  sh -c "$command"
  for path in $paths; do
    [ ! -e "$path" ] && [ -z "$(git ls-files -- "$path")" ] || git add --all -- "$path"
  done
  if git diff --cached --quiet; then
    echo "update-tests: nothing changed"
    exit 0
  fi
  git commit --quiet --message "tests: generated from the definitions" \
    --message "$(git diff --cached --stat=100,80,20)"
  if git push --quiet "$remote" "HEAD:refs/heads/$branch"; then
    echo "update-tests: pushed $(git rev-parse --short HEAD) to $branch"
    exit 0
  fi
  echo "update-tests: $branch has moved; starting again from there (attempt $attempt)" >&2
  git fetch --quiet "$remote" "$branch"
  git reset --quiet --hard FETCH_HEAD
done
echo "update-tests: $branch moved three times; giving up" >&2
exit 1
