/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of the import: a small set of files, of which a test changes some. */
#pragma once

#include "core/core_fixture.h"
#include "feature/entity/entity.h"

#define ENTITIES_HEADER                                                                            \
    "code,kind,name_ar,name_en,remit_ar,remit_en,keywords_ar,keywords_en,phone,website,"           \
    "head_title_ar,head_title_en\n"
#define SERVICES_HEADER                                                                            \
    "entity,code,name_ar,name_en,keywords_ar,keywords_en,inquiry_days,praise_days,"                \
    "suggestion_days,complaint_days\n"
#define FIELDS_HEADER                                                                              \
    "service,code,version,kind,label_ar,label_en,hint_ar,hint_en,required,max,choices,"            \
    "purpose_ar,purpose_en\n"
#define WATER                                                                                      \
    "water,ministry,وزارة المياه,Ministry of Water,,,مياه,water,06 1,https://w.jo,الأمين,SG\n"
#define WORKS "works,ministry,وزارة الأشغال,Ministry of Works,,,طريق,road,,,,\n"
#define SUPPLY "water,water.supply,انقطاع المياه,Water supply,ضعف,cuts,3,3,20,10\n"
#define ROADS "works,works.roads,الطرق,Roads,حفرة,pothole,3,3,20,15\n"
#define METER                                                                                      \
    "water.supply,meter,1,text,رقم العداد,Meter number,,,1,20,,لمعرفة الاشتراك,To find it\n"
#define SINCE                                                                                               \
    "water.supply,since,1,choice,منذ متى,Since when,,,0,1,today:اليوم:Today|days:أيام:Days," \
    "للأولوية,For priority\n"

CoreFixture *entity_fixture_new(void);
void         entity_fixture_done(bool succeeded, GError *error);
/* How many imports are recorded. */
int64_t entity_fixture_events(CoreFixture *fixture);

/* A new directory with the small files; free with entity_fixture_directory_free. */
char *entity_fixture_directory(void);
void  entity_fixture_change(const char *directory, const char *name, const char *text);
void  entity_fixture_directory_free(char *directory);

/* Taken, or the test fails; and the other way round. */
ImportReport entity_fixture_import(CoreFixture *fixture, const char *directory);
ImportReport entity_fixture_import_broken(CoreFixture *fixture, const char *directory);
ImportCount  entity_fixture_sum(const ImportReport *report);
bool         entity_fixture_has_fault(const ImportReport *report, const char *file, int64_t line,
                                      const char *reason);
