/** Where a bundle has an application's own workflows: the bundler puts their module instead of this one. */
export {};
