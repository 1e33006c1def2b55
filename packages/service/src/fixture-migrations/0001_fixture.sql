create table fixture (id integer primary key);
